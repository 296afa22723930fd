// Embeds three images and three texts on the CPU and on WebGPU and prints both: `node webgpu-child.mjs <model>`.
import { clip, probeDevices } from '@cl/backbone';

const model = process.argv[2];
const images = [1, 2, 3].map((seed) => {
  const data = Uint8Array.from({ length: 48 * 48 * 3 }, (_, i) => (i * seed * 31 + (i >> 5)) & 255);
  return { id: `${seed}`, source: { kind: 'pixels', width: 48, height: 48, data } };
});
const texts = ['an icon of a cat', 'the flag of france', 'the letter q'];

const embed = async (device) => {
  const backbone = await clip.create({ ...clip.defaults, model, device });
  const [a, b] = [await backbone.embedImages(images), await backbone.embedTexts(texts)];
  await backbone.dispose();
  return { backbone, features: [...a.data, ...b.data] };
};
const cpu = await embed('cpu');
const webgpu = await embed('webgpu');
const outcome = {
  device: webgpu.backbone.device,
  cpu: cpu.features,
  webgpu: webgpu.features,
  fingerprints: [cpu.backbone.fingerprint, webgpu.backbone.fingerprint],
  reports: await probeDevices(),
};
process.stdout.write(`\n${JSON.stringify(outcome)}\n`);
