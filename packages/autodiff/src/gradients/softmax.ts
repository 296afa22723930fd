/** Softmax and its logarithm, from opset 13 on. Before it they flattened their input to two dimensions. */
import { rule, type GradientRule } from '../rule.ts';

/** `Softmax` and `LogSoftmax` along one axis. */
export const softmax: readonly GradientRule[] = [
  // The Jacobian is diag(y) − y yᵀ: dX = Y ⊙ (dY − Σ dY ⊙ Y).
  rule('Softmax', 13, (n, g) => {
    const along = g.sumOver(g.mul(n.dy, n.y), [n.int('axis', -1)]);
    return [g.mul(n.y, g.sub(n.dy, along))];
  }),
  // The Jacobian is I − 1 softmax(x)ᵀ, and softmax(x) = e^y: dX = dY − e^Y ⊙ Σ dY.
  rule('LogSoftmax', 13, (n, g) => {
    const along = g.sumOver(n.dy, [n.int('axis', -1)]);
    return [g.sub(n.dy, g.mul(g.exp(n.y), along))];
  }),
];
