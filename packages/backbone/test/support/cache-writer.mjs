// A process that fills a shared feature cache: `node cache-writer.mjs <cacheDir> <first> <count> <mode>`.
// The backbone is a stand-in that derives a feature from the image, so that any process can check any row.
import { createHash } from 'node:crypto';
import { createFeatureSource } from '@cl/backbone';

export const width = 64;
export const fingerprint = 'f'.repeat(64);

export const expected = (n) => Float32Array.from({ length: width }, (_, j) => n + j / 1024);

export const image = (n) => ({
  id: `image ${n}`,
  hash: createHash('sha256').update(`image ${n}`).digest('hex'),
  source: { kind: 'pixels', width: 1, height: 1, data: Uint8Array.of(0, 0, 0) },
});

export const backbone = (onEmbed = () => undefined) => ({
  id: 'stand-in',
  fingerprint,
  capabilities: ['image-features'],
  device: 'cpu',
  dtype: 'fp32',
  imageSize: 1,
  featureDim: width,
  async embedImages(images) {
    await onEmbed(images);
    const data = new Float32Array(images.length * width);
    images.forEach(({ id }, i) => data.set(expected(Number(id.split(' ')[1])), i * width));
    return { rows: images.length, cols: width, data };
  },
  dispose: async () => undefined,
});

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [cacheDir, first, count, mode] = process.argv.slice(2);
  const source = createFeatureSource(backbone(), { cacheDir });
  if (mode === 'forever') process.stdout.write('writing\n');
  for (let round = 0; mode === 'forever' || round === 0; round += 1) {
    const start = Number(first) + round * Number(count);
    await source.images(Array.from({ length: Number(count) }, (_, i) => image(start + i)));
  }
  await source.dispose();
}
