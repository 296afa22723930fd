/**
 * Ten domains one after another, the solution wanted after each: against the authors' recursion for the primal form and
 * against refitting for the dual. Sizes of the paper with `RAIL_BENCH_SCALE=1` (some ten minutes and 3 GB; float32 as in
 * the authors' code); else an eighth of each. `RAIL_BENCH_ONLY`: `ours`, `recursion` (primal) or `dual`.
 *
 * The recursion costs the same for every batch, so only `RAIL_BENCH_BATCHES` (default 4) of its batches are run and the
 * time is multiplied up; everything else runs whole.
 */
import { createRandom, type Matrix } from '@cl/hub';
import { cholesky, multiply, randomFeatures, randomProjection } from '@cl/linalg';
import { hiddenLayer, KernelRidge, kernelOf, PrimalRidge, type LabelledFeatures } from '@cl/rail';
import { bench, describe } from 'vitest';
// The same GEMM, into the same memory: the recursion would only lose by an addition of its own.
import { gemm } from '../../linalg/src/gemm.ts';

const only = process.env['RAIL_BENCH_ONLY'];
const scale = Number(process.env['RAIL_BENCH_SCALE'] ?? 8);
const [d, domains, shots] = [512, 10, 16];
const width = Math.round(15_000 / scale);
const classesPerDomain = Math.round(110 / scale);
const samples = classesPerDomain * shots;
const batchSize = 128;
const once = { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 };

const random = createRandom('bench');
const stream: readonly LabelledFeatures[] = Array.from({ length: domains }, (_, t) => ({
  features: unitRows(samples, d),
  labels: Int32Array.from(
    { length: samples },
    (_, i) => t * classesPerDomain + Math.floor(i / shots),
  ),
}));

function unitRows(rows: number, cols: number): Matrix {
  const data = Float32Array.from({ length: rows * cols }, () => random.normal());
  for (let i = 0; i < rows; i += 1) {
    const row = data.subarray(i * cols, (i + 1) * cols);
    const length = Math.hypot(...row);
    for (let k = 0; k < cols; k += 1) row[k]! /= length;
  }
  return { rows, cols, data };
}
const zeros = (rows: number, cols: number): Matrix => ({
  rows,
  cols,
  data: new Float32Array(rows * cols),
});
const rowsOf = ({ cols, data }: Matrix, from: number, to: number): Matrix => ({
  rows: to - from,
  cols,
  data: data.subarray(from * cols, to * cols),
});

interface Start {
  readonly wall: number;
  readonly cpu: NodeJS.CpuUsage;
}
const start = (): Start => ({ wall: performance.now(), cpu: process.cpuUsage() });

/** Wall and processor time: the second is the fairer one on a machine that others use too. */
function report(what: string, since: Start, factor = 1): void {
  const seconds = ((performance.now() - since.wall) / 1000) * factor;
  const { user, system } = process.cpuUsage(since.cpu);
  const cpu = ((user + system) / 1e6) * factor;
  const peak = process.resourceUsage().maxRSS / 1024 ** 2;
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of processor time, peak memory ${peak.toFixed(2)} GB`,
  );
}
const size = `width ${width}, ${domains} × ${samples} samples, ${domains * classesPerDomain} classes, float32`;

describe.runIf(only !== 'dual')(`primal, weights after each domain: ${size}`, () => {
  const layer = (): Matrix => randomProjection(d, width, createRandom('hidden'), 'float32');
  if (only !== 'recursion') {
    bench(
      'ours',
      async () => {
        const started = start();
        const map = hiddenLayer(width, 'float32', layer());
        const primal = new PrimalRidge({ map, ridge: 0.1, precision: 'float32', memory: 'auto' });
        for (const [t, block] of stream.entries()) {
          await primal.add(block, (t + 1) * classesPerDomain);
          await primal.weights();
          report(`ours, after domain ${t + 1}`, started);
        }
      },
      once,
    );
  }

  if (only !== 'ours') {
    bench(
      'the authors’ recursion, batches of 128',
      async () => {
        const projection = layer();
        const R = zeros(width, width);
        for (let i = 0; i < width; i += 1) R.data[i * width + i] = 1 / 0.1;
        const W = zeros(width, domains * classesPerDomain);
        const total = domains * Math.ceil(samples / batchSize);
        const run = Math.min(total, Number(process.env['RAIL_BENCH_BATCHES'] ?? 4));
        const started = start();
        for (let b = 0; b < run; b += 1) {
          const block = stream[b % domains]!;
          const batch = rowsOf(block.features, 0, Math.min(batchSize, samples));
          await recurse(R, W, await randomFeatures(batch, projection), block.labels);
        }
        report(`recursion, ${run} of ${total} batches multiplied up`, started, total / run);
      },
      once,
    );
  }
});

/** R −= RΦᵀ(I + ΦRΦᵀ)⁻¹ΦR and W += RΦᵀ(Y − ΦW), with the small inverse by Cholesky where theirs takes a pseudo-inverse. */
async function recurse(R: Matrix, W: Matrix, phi: Matrix, labels: Int32Array): Promise<void> {
  const U = await multiply(R, phi, { transposeB: true }); // [M, b]
  const S = await multiply(phi, U);
  const identity = zeros(S.rows, S.rows);
  for (let i = 0; i < S.rows; i += 1) identity.data[i * S.rows + i] = 1;
  const inverse = await (await cholesky(S, { ridge: 1 })).solve(identity);
  const V = await multiply(U, inverse);
  for (let i = 0; i < R.rows; i += 1024) {
    const end = Math.min(R.rows, i + 1024);
    await gemm(rowsOf(V, i, end), U, rowsOf(R, i, end), { effect: 'subtract', transposeB: true });
  }
  const residual = await multiply(phi, W);
  for (let i = 0; i < residual.data.length; i += 1) residual.data[i] = -residual.data[i]!;
  for (let i = 0; i < phi.rows; i += 1) residual.data[i * W.cols + labels[i]!]! += 1;
  const gain = await multiply(R, phi, { transposeB: true });
  await gemm(gain, residual, W, { effect: 'add' });
}

describe.runIf(only === undefined || only === 'dual')(
  `dual, coefficients after each domain: ${size}`,
  () => {
    const options = {
      map: kernelOf('rbf', 0.1, d, 'float32'),
      ridge: 0.001,
      precision: 'float32',
    } as const;
    bench(
      'ours, the factor extended by blocks',
      async () => {
        const started = start();
        const dual = new KernelRidge(options);
        for (const [t, block] of stream.entries()) {
          await dual.add(block, (t + 1) * classesPerDomain);
          await dual.coefficients();
          report(`ours, after domain ${t + 1}`, started);
        }
      },
      once,
    );
    bench(
      'refitting from scratch',
      async () => {
        const started = start();
        for (let t = 0; t < domains; t += 1) {
          const blocks = stream.slice(0, t + 1);
          const features = {
            rows: (t + 1) * samples,
            cols: d,
            data: Float32Array.from({ length: (t + 1) * samples * d }),
          };
          blocks.forEach((block, i) => features.data.set(block.features.data, i * samples * d));
          const labels = Int32Array.from(blocks.flatMap((block) => [...block.labels]));
          const dual = new KernelRidge(options);
          await dual.add({ features, labels }, (t + 1) * classesPerDomain);
          await dual.coefficients();
          report(`refitted, after domain ${t + 1}`, started);
        }
      },
      once,
    );
  },
);
