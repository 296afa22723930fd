// Runs a model on the CPU and wholly on WebGPU, prints how far each output is apart: `node webgpu-child.mjs <folder>`
// with model.onnx and feeds.safetensors.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '@cl/hub';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const folder = process.argv[2];
const model = readFileSync(join(folder, 'model.onnx'));
const { tensors } = decodeSafetensors(readFileSync(join(folder, 'feeds.safetensors')));
const feeds = Object.fromEntries(
  Object.entries(tensors).map(([name, { dtype, data, dims }]) => [
    name,
    new Tensor(dtype, data, dims),
  ]),
);

const run = async (options) => {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3, ...options });
  return session.run(feeds);
};
const cpu = await run({});
const webgpu = await run({
  executionProviders: ['webgpu'],
  extra: { session: { disable_cpu_ep_fallback: '1' } },
});
const outputs = Object.keys(cpu).map((name) => {
  let [largest, apart] = [0, 0];
  cpu[name].data.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    apart = Math.max(apart, Math.abs(value - webgpu[name].data[i]));
  });
  return { name, largest, apart };
});
process.stdout.write(`\n${JSON.stringify(outputs)}\n`);
process.exit(0);
