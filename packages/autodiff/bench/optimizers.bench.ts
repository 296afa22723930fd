/**
 * The optimisers' kernels: WebAssembly SIMD against the loop that JavaScript would be written in (float64 arithmetic on
 * float32 arrays) and against the fallback that gives SIMD's bits. Processor time, the least of several sweeps, so that
 * other work on the machine counts little. A ViT-B/16 has 86 million parameters.
 */
import { loadavg } from 'node:os';
import { bench } from 'vitest';
import { createSweep } from '../src/kernels/sweep.ts';
import { sumOfSquares } from '../src/optimizers/clip.ts';
import { adamWUpdate } from '../src/optimizers/adam-w.ts';
import { momentumUpdate } from '../src/optimizers/sgd.ts';

const length = 8_000_000;
const adamWScalars = [0.9, 0.1, 0.999, 0.001, 1e-3, 3.16, 1e-8, 1e-5, 1] as const;
const momentumScalars = [0.1, 1e-4, 1, 0.9, 1, 0];

bench(
  'optimisers',
  () => {
    const weights = new Float32Array(length).fill(1);
    const gradients = Float32Array.from({ length }, (_, i) => Math.sin(i));
    const [m, v] = [new Float32Array(length), new Float32Array(length)];
    const adam = createSweep(adamWUpdate, length);
    const momentum = createSweep(momentumUpdate, length);
    const plain = createSweep(adamWUpdate, length, 'plain');
    const ns = {
      'AdamW, SIMD': least(() => {
        adam.run(weights, gradients, 0, length, adamWScalars);
      }),
      'AdamW, JavaScript in float64': least(() => {
        loop(weights, gradients, m, v, adamWScalars);
      }),
      'AdamW, fallback of the same bits': least(() => {
        plain.run(weights, gradients, 0, length / 50, adamWScalars);
      }, length / 50),
      'momentum, SIMD': least(() => {
        momentum.run(weights, gradients, 0, length, momentumScalars);
      }),
      'length of the gradient': least(() => sumOfSquares(gradients)),
    };
    const row = (value: number): object => ({
      'ns a parameter': value.toFixed(2),
      'ms for 86 M': (86 * value).toFixed(0),
    });
    console.table(
      Object.fromEntries(Object.entries(ns).map(([name, value]) => [name, row(value)])),
    );
    console.log(`${length} parameters, Node ${process.version}, load ${loadavg()[0]!.toFixed(1)}`);
  },
  { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 },
);

function least(work: () => unknown, count = length): number {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (1e3 * (user + system)) / count);
  }
  return best;
}

function loop(
  w: Float32Array,
  g: Float32Array,
  m: Float32Array,
  v: Float32Array,
  [beta1, rest1, beta2, rest2, rate, scale, epsilon, decay]: typeof adamWScalars,
): void {
  for (let i = 0; i < w.length; i++) {
    const gi = g[i]!;
    const mi = beta1 * m[i]! + rest1 * gi;
    const vi = beta2 * v[i]! + rest2 * gi * gi;
    m[i] = mi;
    v[i] = vi;
    w[i] = (1 - decay) * w[i]! - (rate * mi) / (Math.sqrt(vi) * scale + epsilon);
  }
}
