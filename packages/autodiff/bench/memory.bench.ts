/**
 * Peak memory of a training step of a ViT-B/16 (all weights, AdamW), blocks recomputed or not: resident memory of this
 * whole process, sampled while a step runs in the trainer's thread. `CL_BENCH_BATCH` sets the rows, 32 when absent.
 */
import { loadavg } from 'node:os';
import { bench } from 'vitest';
import { fineTuner, imageBatch } from './support/fine-tuning.ts';

const rows = Number(process.env['CL_BENCH_BATCH'] ?? 32);
const once = { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 };

bench(`a step of ${rows} images, blocks recomputed`, () => measure('blocks'), once);
if (process.env['CL_BENCH_KEEP'] !== undefined) {
  bench(`a step of ${rows} images, everything kept`, () => measure('none'), once);
}

async function measure(recompute: 'none' | 'blocks'): Promise<void> {
  const trainer = fineTuner(rows, { recompute, threads: 2 });
  const batch = imageBatch(rows);
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  try {
    for (let step = 0; step < 2; step++) {
      const start = performance.now();
      const { loss } = await trainer.step(batch);
      console.log(
        `recompute ${recompute}, step ${step}: loss ${loss.toFixed(4)}, ${((performance.now() - start) / 1e3).toFixed(1)} s, ` +
          `peak ${(peak / 1e9).toFixed(2)} GB, load ${loadavg()[0]!.toFixed(1)}`,
      );
    }
  } finally {
    clearInterval(timer);
    await trainer.dispose();
  }
}
