import type { RealArray } from '@cl/hub';
import {
  CheckFailure,
  checkVjp,
  type VectorFunction,
  type VectorJacobianProduct,
} from '@cl/testing';
import { expect, test } from 'vitest';

// f(a, b) = a ⊙ sin b, with the Jacobian [diag(sin b), diag(a cos b)].
const f: VectorFunction = async ([a, b]) => a!.map((ai, i) => ai * Math.sin(b![i]!));
const vjp: VectorJacobianProduct = async ([a, b], u) => [
  u.map((ui, i) => ui * Math.sin(b![i]!)),
  u.map((ui, i) => ui * a![i]! * Math.cos(b![i]!)),
];
const inputs = [Float64Array.of(0.3, -1.2, 2), Float64Array.of(1, 0.4, -0.7)];

/** The right gradients with one of them changed. */
function changed(
  i: number,
  change: (gradient: RealArray) => RealArray | null,
): VectorJacobianProduct {
  return async (xs, u) =>
    (await vjp(xs, u)).map((gradient, j) => (i === j ? change(gradient!) : gradient));
}

const mutants: readonly { fault: string; vjp: VectorJacobianProduct; says: RegExp }[] = [
  { fault: 'has the wrong sign', vjp: changed(0, (d) => d.map((x) => -x)), says: /along input 0/ },
  {
    fault: 'is off by a thousandth',
    vjp: changed(1, (d) => d.map((x) => x * 1.001)),
    says: /along input 1/,
  },
  {
    fault: 'has one wrong element',
    vjp: changed(1, (d) => d.map((x, i) => (i === 2 ? x + 0.01 : x))),
    says: /input 1/,
  },
  { fault: 'is missing', vjp: changed(0, () => null), says: /along input 0 the gradient says 0/ },
  { fault: 'is NaN', vjp: changed(0, (d) => d.map(() => NaN)), says: /says NaN/ },
  { fault: 'has another size', vjp: changed(0, (d) => d.slice(1)), says: /2 numbers, expected 3/ },
  {
    fault: 'is one too few',
    vjp: async (xs, u) => (await vjp(xs, u)).slice(1),
    says: /1 gradients, expected 2/,
  },
];

test('checkVjp passes the right gradient, in float64 and in float32', async () => {
  await checkVjp(f, vjp, inputs);
  await checkVjp(
    f,
    vjp,
    inputs.map((x) => Float32Array.from(x)),
  );
});

test.each(mutants)('checkVjp notices a gradient that $fault', async ({ vjp, says }) => {
  const failure: unknown = await checkVjp(f, vjp, inputs).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CheckFailure);
  expect((failure as CheckFailure).message).toMatch(says);
});

test('checkVjp refuses a function without a result: agreement over nothing is none', async () => {
  await expect(checkVjp(async () => new Float64Array(0), vjp, inputs)).rejects.toThrow(/no number/);
});
