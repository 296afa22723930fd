/**
 * Ten domains one after another, the solution wanted after each: against the authors' recursion for the primal form and
 * against refitting for the dual. Sizes of the paper with `RAIL_BENCH_SCALE=1` (some ten minutes and 3 GB; float32 as in
 * the authors' code); else an eighth of each. `RAIL_BENCH_ONLY`: `ours`, `recursion` (primal) or `dual`.
 *
 * The recursion costs the same for every domain, so at the paper's sizes it learns one and the time is multiplied up;
 * everything else runs whole.
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

/** Prints wall and processor time (the second is the fairer one on a machine that others use too); gives the first. */
function report(what: string, since: Start, factor = 1): number {
  const seconds = ((performance.now() - since.wall) / 1000) * factor;
  const { user, system } = process.cpuUsage(since.cpu);
  const cpu = ((user + system) / 1e6) * factor;
  const peak = process.resourceUsage().maxRSS / 1024 ** 2;
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of processor time, peak memory ${peak.toFixed(2)} GB`,
  );
  return seconds;
}
const size = `width ${width}, ${domains} × ${samples} samples, ${domains * classesPerDomain} classes, float32`;

const layer = (): Matrix => randomProjection(d, width, createRandom('hidden'), 'float32');

describe.runIf(only !== 'dual')(`primal, weights after each domain: ${size}`, () => {
  bench(
    'ours and the authors’ recursion',
    async () => {
      const ours = only === 'recursion' ? NaN : await primalSeconds();
      const theirs = only === 'ours' ? NaN : await recursionSeconds();
      if (only === undefined) console.log(`primal: ${(theirs / ours).toFixed(2)} times as fast`);
    },
    once,
  );
});

async function primalSeconds(): Promise<number> {
  const started = start();
  const map = hiddenLayer(width, 'float32', layer());
  const primal = new PrimalRidge({ map, ridge: 0.1, precision: 'float32', memory: 'auto' });
  return ourSeconds(primal, async () => primal.weights(), started);
}

/** Learns domain by domain and solves after each. */
async function ourSeconds(
  form: PrimalRidge | KernelRidge,
  solve: () => Promise<Matrix>,
  started = start(),
): Promise<number> {
  let seconds = 0;
  for (const [t, block] of stream.entries()) {
    await form.add(block, (t + 1) * classesPerDomain);
    await solve();
    seconds = report(`ours, after domain ${t + 1}`, started);
  }
  return seconds;
}

async function recursionSeconds(): Promise<number> {
  const projection = layer();
  const R = zeros(width, width);
  for (let i = 0; i < width; i += 1) R.data[i * width + i] = 1 / 0.1;
  const W = zeros(width, domains * classesPerDomain);
  const run = scale === 1 ? 1 : domains;
  const started = start();
  for (const { features, labels } of stream.slice(0, run)) {
    for (let i = 0; i < samples; i += batchSize) {
      const end = Math.min(samples, i + batchSize);
      const phi = await randomFeatures(rowsOf(features, i, end), projection);
      await recurse(R, W, phi, labels.subarray(i, end));
    }
  }
  const part = run === domains ? '' : `, ${run} of ${domains} domains multiplied up`;
  return report(`recursion in batches of ${batchSize}${part}`, started, domains / run);
}

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
    bench(
      'ours and refitting from scratch',
      async () => {
        const dual = dualForm();
        const ours = await ourSeconds(dual, async () => dual.coefficients());
        const theirs = await refittingSeconds();
        console.log(`dual: ${(theirs / ours).toFixed(2)} times as fast`);
      },
      once,
    );
  },
);

const dualForm = (): KernelRidge =>
  new KernelRidge({
    map: kernelOf('rbf', 0.1, d, 'float32'),
    ridge: 0.001,
    precision: 'float32',
  });

async function refittingSeconds(): Promise<number> {
  const started = start();
  let seconds = 0;
  for (let t = 0; t < domains; t += 1) {
    const blocks = stream.slice(0, t + 1);
    const features = zeros((t + 1) * samples, d);
    blocks.forEach((block, i) => features.data.set(block.features.data, i * samples * d));
    const labels = Int32Array.from(blocks.flatMap((block) => [...block.labels]));
    const dual = dualForm();
    await dual.add({ features, labels }, (t + 1) * classesPerDomain);
    await dual.coefficients();
    seconds = report(`refitted, after domain ${t + 1}`, started);
  }
  return seconds;
}
