/** Operators that pick elements by number: their gradients add into zeros at the same places. */
import { allAxes, axisOf, sizeOf, type Dims } from '../dims.ts';
import type { Emitter } from '../emitter.ts';
import type { Value } from '../graph-writer.ts';
import { rule, type GradientRule } from '../rule.ts';

/** `Gather`, `GatherElements`, `GatherND`. An element picked twice gets both gradients. */
export const indexing: readonly GradientRule[] = [
  rule('Gather', 1, (n, g) => {
    const [x, indices] = [n.x(0), n.x(1)];
    const axis = axisOf(n.int('axis', 0), x.dims.length);
    const flat = g.reshape(indices, [sizeOf(indices.dims)]);
    const updates = g.reshape(n.dy, x.dims.with(axis, sizeOf(indices.dims)));
    return [scatterAlong(g, x.dims, flat, updates, axis), null];
  }),
  rule('GatherElements', 11, (n, g) => {
    const axis = axisOf(n.int('axis', 0), n.dy.dims.length);
    return [g.scatterAdd(n.x(0).dims, n.x(1), n.dy, axis), null];
  }),
  // Indices [..., k] name the first k axes of x: with these flattened to one, this is `Gather`.
  rule('GatherND', 12, (n, g) => {
    if (n.int('batch_dims', 0) !== 0) {
      n.refuse(`batch_dims is ${n.int('batch_dims', 0)}`, '0', 'Write it with GatherElements.');
    }
    const [x, indices] = [n.x(0), n.x(1)];
    const k = indices.dims.at(-1)!;
    const [named, rest] = [x.dims.slice(0, k), x.dims.slice(k)];
    const strides = named.map((_, i) => sizeOf(named.slice(i + 1)));
    const positive = g.node('Mod', [indices, g.ints(named)], indices); // −1 is the last
    const count = sizeOf(indices.dims) / k;
    const flat = g.reshape(
      g.sumOver(g.mul(positive, g.ints(strides)), [indices.dims.length - 1], 'squeeze'),
      [count],
    );
    const updates = g.reshape(n.dy, [count, ...rest]);
    const dx = scatterAlong(g, [sizeOf(named), ...rest], flat, updates, 0);
    return [g.reshape(dx, x.dims), null];
  }),
];

/** Adds slice i of `updates` along an axis into zeros [dims] at `indices[i]`; indices [updates.dims[axis]]. */
export function scatterAlong(
  g: Emitter,
  dims: Dims,
  indices: Value,
  updates: Value,
  axis: number,
): Value {
  const column = allAxes(dims.length).map((i) => (i === axis ? updates.dims[axis]! : 1));
  return g.scatterAdd(dims, g.expand(g.reshape(indices, column), updates.dims), updates, axis);
}
