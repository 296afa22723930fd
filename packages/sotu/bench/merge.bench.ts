/** Masking and merging one task into a ViT-B/16: 86 M parameters in 73 tensors. Target: under 2 s. */
import { DeltaMerge, maskDelta, subtract, tilesOf, type SparseParameter } from '@cl/sotu';
import { bench, describe } from 'vitest';

const block = [...Array.from({ length: 4 }, () => [768, 768]), [768, 3072], [3072, 768]];
const shapes = [...Array.from({ length: 12 }, () => block).flat(), [768, 768]];
const start = shapes.map((dims) => filled(dims, 0.02));
const tuned = shapes.map((dims) => filled(dims, 0.021));
const names = shapes.map((_, i) => `w${i}`);
const lengths = new Map(names.map((name, i) => [name, start[i]!.length]));
const options = { rule: 'sum', keep: 'deltas', base: 'theta0', parameters: lengths } as const;
const empty = DeltaMerge.of(options);

describe('δ = θ₁ − θ₀, mask, merge, θ₀ + merged, 86 M parameters', () => {
  for (const p of [0.9, 0.5, 0]) {
    bench(
      `p ${p}`,
      () => {
        const parameters = names.map((name, i): [string, SparseParameter] => {
          const whole = subtract(tuned[i]!, start[i]!);
          const shape = { tiling: tilesOf(shapes[i]!, 'element'), keep: 1 - p };
          return [name, maskDelta({ seed: 1, task: 0, parameter: name }, whole, shape)];
        });
        const delta = { base: 'theta0', seed: 1, task: 0, parameters: new Map(parameters) };
        const merge = empty.with(delta);
        names.forEach((name, i) => merge.merged(name, start[i]!));
      },
      { time: 0, iterations: 3, warmupIterations: 1, warmupTime: 0 },
    );
  }
});

function filled(dims: readonly number[], scale: number): Float32Array {
  const data = new Float32Array(dims[0]! * dims[1]!);
  for (let i = 0; i < data.length; i += 1) data[i] = scale * Math.sin(i);
  return data;
}
