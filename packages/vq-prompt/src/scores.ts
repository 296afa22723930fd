/** How much of each entry of a pool a query takes: eq. 4 of VQ-Prompt, and what may stand in its place. */
import type { Emitter, Value } from '@cl/autodiff';

/** What a score is computed from. */
export interface ScoreInputs {
  /** q [B, Dq]. */
  readonly query: Value;
  /** K [N, Dq]. */
  readonly keys: Value;
  /** τ. */
  readonly temperature: number;
}

/** Writes α [B, N] into a graph: how much of each entry the soft prompt of each query has. */
export type ScoreFunction = (g: Emitter, inputs: ScoreInputs) => Value;

/** Shorter keys count as if they were this long, as torch's `normalize` has it. */
const smallestKey = 1e-12;

/** α = softmax( q K̂ᵀ / τ ), K̂ the keys at unit length (eq. 4). */
export const keyScores: ScoreFunction = (g, { query, keys, temperature }) =>
  g.softmax(g.mul(g.matMul(query, g.swap(unitRows(g, keys))), 1 / temperature), 1); // [B, N]

/** Rows divided by their length. */
export function unitRows(g: Emitter, x: Value): Value {
  const square = g.sumOver(g.mul(x, x), [1]);
  return g.div(x, g.sqrt(g.add(square, smallestKey ** 2))); // [N, Dq]
}
