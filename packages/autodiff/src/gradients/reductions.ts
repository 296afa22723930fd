/**
 * Reductions. dY is first given its reduced axes back as axes of size 1; `backward` repeats it along them.
 */
import { allAxes, axisOf, keptDims, sizeOf } from '../dims.ts';
import type { Emitter } from '../emitter.ts';
import type { Value } from '../graph-writer.ts';
import { rule, type Gradient, type GradientRule, type NodeGradient } from '../rule.ts';

/** Sums, means, norms and extremes over axes. */
export const reductions: readonly GradientRule[] = [
  rule('ReduceSum', 1, (n, g) => [kept(n, g, n.dy)]),
  rule('ReduceMean', 1, (n, g) => [
    g.mul(kept(n, g, n.dy), sizeOf(n.y.dims) / sizeOf(n.x(0).dims)),
  ]),
  rule('ReduceSumSquare', 1, (n, g) => [g.mul(g.mul(kept(n, g, n.dy), 2), n.x(0))]),
  rule('ReduceL1', 1, (n, g) => [g.mul(kept(n, g, n.dy), g.sign(n.x(0)))]),
  rule('ReduceL2', 1, (n, g) => {
    const slope = g.where(g.greater(n.y, 0), g.div(n.dy, n.y), 0); // ‖x‖′ = x/y, and 0 at the origin
    return [g.mul(kept(n, g, slope), n.x(0))];
  }),
  rule('ReduceLogSumExp', 1, (n, g) => {
    const share = g.exp(g.sub(n.x(0), kept(n, g, n.y))); // softmax(x) = e^(x − y)
    return [g.mul(kept(n, g, n.dy), share)];
  }),
  rule('ReduceMax', 1, (n, g) => extreme(n, g)),
  rule('ReduceMin', 1, (n, g) => extreme(n, g)),
];

/** The elements that equal the extreme share its gradient equally. */
const extreme: Gradient = (n, g) => {
  const x = n.x(0);
  const hits = g.cast(g.equal(x, kept(n, g, n.y)), x.elementType);
  return [g.mul(hits, g.div(kept(n, g, n.dy), g.sumOver(hits, axesOf(n))))];
};

/** A value of the output's shape with the reduced axes put back as axes of size 1. */
function kept(n: NodeGradient, g: Emitter, value: Value): Value {
  return g.reshape(value, keptDims(n.x(0).dims, axesOf(n)));
}

/** Axes are an attribute in old versions and an input in new ones; none means all, unless a no-op was asked for. */
function axesOf(n: NodeGradient): readonly number[] {
  const rank = n.x(0).dims.length;
  const axes = n.ints('axes') ?? n.integers(1) ?? [];
  if (axes.length > 0) return axes.map((axis) => axisOf(axis, rank));
  return n.int('noop_with_empty_axes', 0) === 1 ? [] : allAxes(rank);
}
