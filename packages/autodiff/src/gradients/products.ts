/** Matrix products: for Y = A B, dA = dY Bᵀ and dB = Aᵀ dY. */
import { sizeOf } from '../dims.ts';
import type { Emitter } from '../emitter.ts';
import type { Value } from '../graph-writer.ts';
import { rule, type GradientRule } from '../rule.ts';

/** `MatMul` and `Gemm`. */
export const products: readonly GradientRule[] = [
  rule('MatMul', 9, (n, g) => {
    const [a, b] = [n.x(0), n.x(1)];
    if (a.dims.length === 1 || b.dims.length === 1) {
      n.refuse('an operand is a vector', 'matrices', 'Reshape it to one row or one column.');
    }
    if (b.dims.length > 2) return [g.matMul(n.dy, g.swap(b)), g.matMul(g.swap(a), n.dy)];
    // One matrix for all rows of A, as weights are: one tall product, not one a batch and their sum.
    const dy = rows(g, n.dy); // [R, N]
    const da = g.reshape(g.matMul(dy, g.swap(b)), a.dims);
    return [da, g.matMul(g.swap(rows(g, a)), dy)]; // [K, R] × [R, N] → [K, N]
  }),
  // Y = α A′ B′ + β C, where A′ is A or Aᵀ.
  rule('Gemm', 7, (n, g) => {
    const [a, b] = [n.x(0), n.x(1)];
    const [transA, transB] = [n.int('transA', 0) === 1, n.int('transB', 0) === 1];
    const dy = g.mul(n.dy, n.float('alpha', 1));
    const left = transB ? b : g.swap(b); // B′ᵀ
    const da = transA ? g.matMul(g.swap(left), g.swap(dy)) : g.matMul(dy, left); // dA = B′ dYᵀ or dY B′ᵀ
    const right = transA ? a : g.swap(a); // A′ᵀ
    const db = transB ? g.matMul(g.swap(dy), g.swap(right)) : g.matMul(right, dy); // dB = dYᵀ A′ or A′ᵀ dY
    return [da, db, g.mul(n.dy, n.float('beta', 1))];
  }),
];

/** The last axis as columns, all others as rows. */
function rows(g: Emitter, x: Value): Value {
  const cols = x.dims.at(-1)!;
  return g.reshape(x, [sizeOf(x.dims) / cols, cols]);
}
