/**
 * Masking and merging one task into a ViT-B/16: δ = θ₁ − θ₀, mask, add to the merge, θ₀ + merged. Processor time of one
 * thread, which other work on the machine lengthens less than time on the clock; a plain pass over as many numbers beside
 * it. Target: under 2 s.
 */
import { cpus, loadavg } from 'node:os';
import { DeltaMerge, maskDelta, subtract, tilesOf, type SparseParameter } from '@cl/sotu';
import { bench } from 'vitest';

const block = [...Array.from({ length: 4 }, () => [768, 768]), [768, 3072], [3072, 768]];
const shapes = [...Array.from({ length: 12 }, () => block).flat(), [768, 768]];
const names = shapes.map((_, i) => `w${i}`);
const rounds = 3;

bench(
  'masking and merging',
  () => {
    const start = shapes.map((dims) => filled(dims, 0.02));
    const tuned = shapes.map((dims) => filled(dims, 0.021));
    const size = start.reduce((sum, { length }) => sum + length, 0);
    const [cpu] = cpus();
    console.log(
      `${(size / 1e6).toFixed(1)} M parameters in ${names.length} tensors, one thread, ${cpu!.model}, ` +
        `Node ${process.version}, load ${loadavg()[0]!.toFixed(1)}`,
    );
    const pass = least(() => {
      tuned.forEach((values, i) => subtract(values, start[i]!));
    });
    const table = [0.9, 0.5, 0].map((p) => {
      const seconds = least(() => {
        maskAndMerge(start, tuned, p);
      });
      return {
        p,
        'processor s (least of 3)': seconds.toFixed(2),
        'times a subtraction': (seconds / pass).toFixed(1),
      };
    });
    console.table(table);
  },
  { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 },
);

function maskAndMerge(
  start: readonly Float32Array[],
  tuned: readonly Float32Array[],
  p: number,
): void {
  const lengths = new Map(names.map((name, i) => [name, start[i]!.length]));
  const empty = { rule: 'sum', keep: 'deltas', base: 'theta0', parameters: lengths } as const;
  const parameters = names.map((name, i): [string, SparseParameter] => {
    const whole = subtract(tuned[i]!, start[i]!);
    const shape = { tiling: tilesOf(shapes[i]!, 'element'), keep: 1 - p };
    return [name, maskDelta({ seed: 1, task: 0, parameter: name }, whole, shape)];
  });
  const delta = { base: 'theta0', seed: 1, task: 0, parameters: new Map(parameters) };
  const merge = DeltaMerge.of(empty).with(delta);
  names.forEach((name, i) => merge.merged(name, start[i]!));
}

/** Processor seconds, of this process alone. */
function least(work: () => void): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  return best;
}

function filled(dims: readonly number[], scale: number): Float32Array {
  const data = new Float32Array(dims[0]! * dims[1]!);
  for (let i = 0; i < data.length; i++) data[i] = scale * ((i % 1000) / 500 - 1);
  return data;
}
