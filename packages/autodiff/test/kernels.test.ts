import { adamW, ParameterStore } from '@cl/autodiff';
import { createRandom } from '@cl/hub';
import { expect, test } from 'vitest';
import type { Update } from '../src/kernels/arithmetic.ts';
import { createSweep, type SweepMachine } from '../src/kernels/sweep.ts';
import { adamWUpdate } from '../src/optimizers/adam-w.ts';
import { descentUpdate, momentumUpdate } from '../src/optimizers/sgd.ts';

function normal(seed: string, length: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal());
}

/** Three steps over stretches that begin and end off the vectors' boundaries; the last crosses the window's end. */
function run(update: Update, scalars: readonly number[], machine: SweepMachine): number[] {
  const length = 40_003;
  const sweep = createSweep(update, length, machine);
  const weights = normal('weights', length);
  for (const step of ['a', 'b', 'c']) {
    const gradients = normal(step, length);
    for (const [begin, end] of [
      [0, 1],
      [1, 7],
      [7, 7],
      [10, 40_001],
    ] as const) {
      sweep.run(weights, gradients.subarray(begin), begin, end, scalars, begin);
    }
  }
  return [weights, ...sweep.history].flatMap((array) => Array.from(array));
}

const cases: readonly [string, Update, readonly number[]][] = [
  ['AdamW', adamWUpdate, [0.9, 0.1, 0.999, 0.001, 0.01, 3.16, 1e-8, 1e-4, 0.7]],
  ['momentum', momentumUpdate, [0.1, 1e-3, 1, 0.9, 0.9, 1]],
  ['descent', descentUpdate, [0.1, 1e-3, 0.5]],
];
test.each(cases)(
  '%s gives the same bits in WebAssembly and in JavaScript',
  (_, update, scalars) => {
    const plain = run(update, scalars, 'plain');
    expect(run(update, scalars, 'simd')).toEqual(plain);
    // It did something, and left what is outside the stretches alone.
    const before = normal('weights', 40_003);
    expect(plain.slice(0, 7).every((weight, i) => weight !== before[i])).toBe(true);
    expect(plain.slice(7, 10)).toEqual(Array.from(before.subarray(7, 10)));
    expect(plain.slice(40_001, 40_003)).toEqual(Array.from(before.subarray(40_001)));
  },
);

test('one step of AdamW, worked by hand', () => {
  // β₁ = β₂ = ½, α = 1, λ = ½: m = 1, v = 2, m/(1 − ½) = 2, √(v/(1 − ½)) = 2, w = 3 − 1.5 − 2/2.
  const w = { dtype: 'float32', dims: [5], data: new Float32Array(5).fill(3) } as const;
  const store = new ParameterStore(new Map([['w', w]]));
  const options = { learningRate: 1, beta1: 0.5, beta2: 0.5, epsilon: 0, weightDecay: 0.5 };
  adamW(options).start(store).step(new Float32Array(5).fill(2));
  expect(Array.from(store.values)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5]);
});

test('gradients in pieces, and scaled, are the gradients', () => {
  const start = (): ParameterStore => {
    const data = normal('weights', 10);
    return new ParameterStore(new Map([['w', { dtype: 'float32', dims: [10], data }]]));
  };
  const gradients = normal('gradients', 10);
  const [whole, pieces] = [start(), start()];
  adamW()
    .start(whole)
    .step(gradients.map((g) => g / 2));
  const parts = [
    { first: 0, values: gradients.subarray(0, 3) },
    { first: 3, values: gradients.subarray(3) },
  ];
  adamW()
    .start(pieces)
    .step(parts, (base) => base, 0.5);
  expect(pieces.values).toEqual(whole.values);
});

test('a history beyond 4 GiB is refused in words', () => {
  expect(() => createSweep(adamWUpdate, 600e6)).toThrow(
    expect.objectContaining({
      code: 'OUT_OF_MEMORY',
      message: expect.stringMatching(/has 4\.5 GiB, expected at most 4 GiB/),
    }),
  );
});
