/** Gradient checks: a vector–Jacobian product against central differences of the function itself. */
import { createRandom, type RealArray } from '@cl/hub';
import { assert } from './check.ts';

/** A function of several arrays; must not keep or modify them. */
export type VectorFunction = (inputs: readonly RealArray[]) => Promise<RealArray>;

/**
 * Its vector–Jacobian product: Jᵀu, one array an input, for u of the function's result; `null` where the function
 * does not depend on an input, at least not smoothly.
 */
export type VectorJacobianProduct = (
  inputs: readonly RealArray[],
  u: RealArray,
) => Promise<readonly (RealArray | null)[]>;

/** How far to step and how well to agree. */
export interface VjpTolerance {
  /** h of (f(x + hv) − f(x − hv))/2h. */
  readonly step: number;
  /** How far ⟨v, Jᵀu⟩ and ⟨Jv, u⟩ may part, relative to their usual size ‖v‖‖Jᵀu‖/√n, of which at least 0.01 counts. */
  readonly relative: number;
}

/** Float64: the step's error is h² = 1e-10, the rounding's 1e-16/h = 1e-11; four digits are left to curvature. */
export const float64Vjp: VjpTolerance = { step: 1e-5, relative: 1e-5 };

/** Float32: with h = 1e-2 both errors are near 1e-5, times the number of roundings on the way. */
export const float32Vjp: VjpTolerance = { step: 1e-2, relative: 2e-3 };

/**
 * Checks that ⟨v, Jᵀu⟩ = ⟨Jv, u⟩ for random u and, one input at a time, random v: two evaluations of `f` an input,
 * whatever its size. A wrong element of Jᵀu shows with probability 1.
 *
 * @param f - evaluated near `inputs`, where it must be smooth; its values should be of order 1.
 * @param vjp - under test.
 * @param inputs - where to check; not modified.
 * @param tolerance - by the element type of `inputs` when absent.
 * @param seed - of u and v.
 * @throws CheckFailure naming the input and both numbers.
 */
export async function checkVjp(
  f: VectorFunction,
  vjp: VectorJacobianProduct,
  inputs: readonly RealArray[],
  tolerance: VjpTolerance = inputs.every((x) => x instanceof Float64Array)
    ? float64Vjp
    : float32Vjp,
  seed = 0,
): Promise<void> {
  const random = createRandom(seed);
  const normal = (length: number): Float64Array =>
    Float64Array.from({ length }, () => random.normal());
  const u = normal((await f(inputs)).length);
  assert(u.length > 0, 'checkVjp: the function gives no number, expected at least one.');
  const gradients = await vjp(inputs, like(inputs[0]!, u));
  assert(
    gradients.length === inputs.length,
    `checkVjp: found ${gradients.length} gradients, expected ${inputs.length}, one an input.`,
  );
  const { step, relative } = tolerance;
  for (const [i, x] of inputs.entries()) {
    const v = normal(x.length);
    const gradient = gradients[i] ?? new Float64Array(x.length);
    assert(
      gradient.length === x.length,
      `checkVjp: the gradient of input ${i} has ${gradient.length} numbers, expected ${x.length}.`,
    );
    const moved = (h: number): RealArray[] =>
      inputs.with(
        i,
        like(
          x,
          x.map((xj, j) => xj + h * v[j]!),
        ),
      );
    const difference = dot(await f(moved(step)), u) - dot(await f(moved(-step)), u);
    const byDifference = difference / (2 * step); // ⟨Jv, u⟩
    const byGradient = dot(gradient, v); // ⟨v, Jᵀu⟩
    const usual = Math.sqrt((dot(v, v) * dot(gradient, gradient)) / x.length);
    const apart = Math.abs(byGradient - byDifference);
    assert(
      apart <= relative * Math.max(usual, 0.01), // a NaN is not ≤ anything
      `checkVjp: along input ${i} the gradient says ${byGradient} and differences say ${byDifference}, ` +
        `expected the same to ${relative} of ${Math.max(usual, 0.01)}.`,
    );
  }
}

function dot(a: RealArray, b: RealArray): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

/** Numbers in the array type of another array. */
function like(array: RealArray, values: RealArray): RealArray {
  return array instanceof Float32Array ? Float32Array.from(values) : Float64Array.from(values);
}
