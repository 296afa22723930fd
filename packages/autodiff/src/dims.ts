/** Arithmetic of sizes: what ONNX says of shapes, on plain numbers. */
import { ClError } from '@cl/hub';

/** Sizes that are all known. */
export type Dims = readonly number[];

/** Elements of a tensor. */
export function sizeOf(dims: Dims): number {
  return dims.reduce((size, dim) => size * dim, 1);
}

/** Whether two shapes are the same. */
export function sameDims(a: Dims, b: Dims): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/**
 * The shape two shapes broadcast to: aligned at the last axis, a 1 or a missing axis takes the other's size.
 *
 * @throws ClError `SHAPE_MISMATCH` when they do not.
 */
export function broadcastDims(a: Dims, b: Dims): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const p = a[i - rank + a.length] ?? 1;
    const q = b[i - rank + b.length] ?? 1;
    if (p === q || q === 1) return p;
    if (p === 1) return q;
    throw new ClError(
      'SHAPE_MISMATCH',
      `graph: found sizes [${a.join(', ')}] and [${b.join(', ')}], expected sizes that broadcast. ` +
        'Reshape or expand one of them.',
    );
  });
}

/** An axis counted from the front: −1 is the last. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The shape with the given axes set to 1: what a reduction with `keepdims` leaves. */
export function keptDims(dims: Dims, axes: Dims): number[] {
  const reduced = new Set(axes.map((axis) => axisOf(axis, dims.length)));
  return dims.map((dim, i) => (reduced.has(i) ? 1 : dim));
}

/** All axes of a rank: 0 … rank − 1. */
export function allAxes(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i);
}

/** The permutation that exchanges the last two axes. */
export function swapLastTwo(rank: number): number[] {
  const perm = allAxes(rank);
  return [...perm.slice(0, -2), rank - 1, rank - 2];
}

/** The permutation that undoes a permutation. */
export function inversePermutation(perm: Dims): number[] {
  const inverse = new Array<number>(perm.length);
  perm.forEach((from, to) => (inverse[from] = to));
  return inverse;
}
