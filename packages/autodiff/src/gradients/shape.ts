/** Operators that move elements and compute nothing: their gradients move them back. */
import { allAxes, axisOf, inversePermutation, type Dims } from '../dims.ts';
import type { Emitter } from '../emitter.ts';
import type { Value } from '../graph-writer.ts';
import { rule, type Gradient, type GradientRule } from '../rule.ts';
import { scatterAlong } from './indexing.ts';

/** The same elements in the same order: dY in the shape of X. */
const reshaped: Gradient = (n, g) => [g.reshape(n.dy, n.x(0).dims)];

/** Reshaping, transposing, repeating, joining and cutting. */
export const shape: readonly GradientRule[] = [
  rule('Reshape', 5, reshaped),
  rule('Flatten', 1, reshaped),
  rule('Squeeze', 1, reshaped),
  rule('Unsqueeze', 1, reshaped),
  rule('Transpose', 1, (n, g) => {
    const perm = n.ints('perm') ?? allAxes(n.dy.dims.length).reverse();
    return [g.transpose(n.dy, inversePermutation(perm))];
  }),
  rule('Expand', 8, (n) => [n.dy]), // a broadcast, which `backward` undoes
  rule('Tile', 6, (n, g) => {
    const dims = n.x(0).dims;
    const tiles = n.dy.dims.map((dim, i) => [dim / dims[i]!, dims[i]!]).flat(); // [r₀, d₀, r₁, d₁, …]
    const copies = g.reshape(n.dy, tiles);
    return [
      g.sumOver(
        copies,
        allAxes(dims.length).map((i) => 2 * i),
        'squeeze',
      ),
    ];
  }),
  rule('Concat', 4, (n, g) => {
    const axis = axisOf(n.int('axis', 0), n.dy.dims.length);
    let end = 0;
    return n.xs.map(({ dims }) => g.slice(n.dy, axis, end, (end += dims[axis]!)));
  }),
  rule('Split', 2, (n, g) => [
    g.concat(
      n.node.outputs.map((_, i) => n.dyOf(i)),
      n.int('axis', 0),
    ),
  ]),
  rule('Trilu', 14, (n, g) => {
    const upper = BigInt(n.int('upper', 1));
    return [g.node('Trilu', [n.dy, n.has(1) ? n.x(1) : null], n.dy, { upper })];
  }),
  rule('Slice', 10, (n, g) => {
    const starts = n.integers(1)!;
    const axes = (n.integers(3) ?? allAxes(starts.length)).map((axis) =>
      axisOf(axis, n.dy.dims.length),
    );
    const steps = n.integers(4) ?? starts.map(() => 1);
    const cuts = axes.map((axis, i) => ({
      axis,
      first: firstOf(starts[i]!, n.x(0).dims[axis]!, steps[i]!),
      step: steps[i]!,
    }));
    return [uncut(g, n.dy, n.x(0).dims, cuts)];
  }),
  rule('Pad', 11, (n, g) => {
    const mode = n.string('mode', 'constant');
    const pads = n.integers(1)!;
    if (mode !== 'constant' || pads.some((pad) => pad < 0)) {
      n.refuse(
        `mode "${mode}", pads [${pads.join(', ')}]`,
        'constant padding',
        'Write it with Concat or Slice.',
      );
    }
    const rank = n.dy.dims.length;
    const axes = (n.integers(3) ?? allAxes(rank)).map((axis) => axisOf(axis, rank));
    return [
      axes.reduce((dx, axis, i) => {
        const start = pads[i]!;
        return g.slice(dx, axis, start, start + n.x(0).dims[axis]!);
      }, n.dy),
    ];
  }),
];

/** What `Slice` took along one axis: elements first, first + step, … */
interface Cut {
  readonly axis: number;
  readonly first: number;
  readonly step: number;
}

/** A start as `Slice` reads it: counted from the end when negative, and clamped. */
function firstOf(start: number, dim: number, step: number): number {
  const from = start < 0 ? start + dim : start;
  return Math.max(0, Math.min(from, step > 0 ? dim : dim - 1));
}

/** Puts a slice back among zeros: in one padding where the steps are 1, else by index. */
function uncut(g: Emitter, dy: Value, dims: Dims, cuts: readonly Cut[]): Value {
  const before = dims.map(() => 0);
  const after = dims.map(() => 0);
  for (const { axis, first, step } of cuts) {
    if (step !== 1) continue;
    before[axis] = first;
    after[axis] = dims[axis]! - first - dy.dims[axis]!;
  }
  let dx = g.pad(dy, before, after);
  for (const { axis, first, step } of cuts) {
    if (step === 1) continue;
    const places = Array.from({ length: dy.dims[axis]! }, (_, i) => first + i * step);
    dx = scatterAlong(g, dx.dims.with(axis, dims[axis]!), g.ints(places), dx, axis);
  }
  return dx;
}
