/**
 * Features of photos in batches against a loop of single `pipeline('image-feature-extraction')` calls of
 * transformers.js, on a model of the size of ViT-B/16, interleaved in one process. Prints the time of an image, the
 * ratio of each round and of the medians, the largest difference of the features, and what the model's products alone
 * would take at the rate of one large product, measured in each round.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { vit } from '@cl/backbone';
import type { ImageRef } from '@cl/hub';
import { pipeline } from '@huggingface/transformers';
import { bench, describe, expect } from 'vitest';
import { encodedImage } from '../test/support/images.ts';
import { fastProduct } from './support/product.ts';
import { productsOfVitB16, writeVitB16 } from './support/vit-b16.ts';

const rounds = Number(process.env['CL_BENCH_ROUNDS'] ?? 5);
const imagesPerRound = Number(process.env['CL_BENCH_IMAGES'] ?? 32);

/** Both sum in float32 in different orders; features are of the order of 1. */
const tolerance = 1e-4;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Sizes of the photos: of ImageNet's, and of a phone's. */
const sizes = [
  [500, 375],
  [4032, 3024],
] as const;

describe('features of a ViT-B/16', () => {
  bench(
    'in batches against single pipeline() calls',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'cl-bench-'));
      writeVitB16(folder);
      const extractor = await pipeline('image-feature-extraction', folder, {
        dtype: 'fp32',
        device: 'cpu',
        local_files_only: true,
      });
      const backbone = await vit.create({ ...vit.defaults, model: folder, device: 'cpu' });
      const product = await fastProduct();
      console.log(`${cpus()[0]?.model}, ${availableParallelism()} cores, node ${process.version}`);
      for (const [width, height] of sizes) {
        const photo = await encodedImage(width, height, 3, 'jpeg');
        const folderOfPhotos = join(folder, `${width}`);
        mkdirSync(folderOfPhotos);
        const paths = Array.from({ length: imagesPerRound }, (_, i) =>
          join(folderOfPhotos, `${i}.jpg`),
        );
        for (const path of paths) writeFileSync(path, photo);
        const refs = paths.map((path): ImageRef => ({ id: path, source: { kind: 'file', path } }));
        const ours: number[] = [];
        const theirs: number[] = [];
        const floors: number[] = []; // of the products of an image
        const cpu = { ours: 0, theirs: 0 }; // of all threads: says more than time on a machine that others use
        let difference = 0;
        for (let round = 0; round <= rounds; round += 1) {
          const before = performance.now();
          const spent = process.cpuUsage();
          const { data } = await backbone.embedImages(refs);
          const between = performance.now();
          const spentByUs = process.cpuUsage(spent);
          const spentSoFar = process.cpuUsage();
          for (const [i, path] of paths.entries()) {
            const { data: hidden } = await extractor(path);
            for (let j = 0; j < 768; j += 1) {
              const off = Math.abs(data[i * 768 + j]! - (hidden as Float32Array)[j]!);
              difference = Math.max(difference, off);
            }
          }
          if (round === 0) continue; // warms up
          ours.push((between - before) / imagesPerRound);
          theirs.push((performance.now() - between) / imagesPerRound);
          const spentByThem = process.cpuUsage(spentSoFar);
          floors.push(productsOfVitB16 / (await product.flopsPerMillisecond()));
          cpu.ours += (spentByUs.user + spentByUs.system) / 1000 / imagesPerRound / rounds;
          cpu.theirs += (spentByThem.user + spentByThem.system) / 1000 / imagesPerRound / rounds;
        }
        const ratios = theirs.map((ms, i) => ms / ours[i]!);
        const floor = Math.min(...floors);
        console.log(
          `${width} × ${height}: ${median(ours).toFixed(0)} ms an image in batches, ` +
            `${median(theirs).toFixed(0)} ms single; ratio ${(median(theirs) / median(ours)).toFixed(2)}, ` +
            `by rounds ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}; ` +
            `CPU time ${cpu.ours.toFixed(0)} against ${cpu.theirs.toFixed(0)} ms; ` +
            `largest difference ${difference.toExponential(1)}; products alone ${floor.toFixed(0)} ms ` +
            `(${(productsOfVitB16 / floor / 1e6).toFixed(0)} GFLOP/s): at most ${(median(theirs) / floor).toFixed(2)} times`,
        );
        expect(difference).toBeLessThan(tolerance);
      }
      await product.release();
      await backbone.dispose();
      await extractor.dispose();
      rmSync(folder, { recursive: true });
    },
    { iterations: 1, warmupIterations: 0, time: 0, warmupTime: 0 },
  );
});
