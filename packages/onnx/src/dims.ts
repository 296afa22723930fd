/** Arithmetic of sizes, some of which are only names. */
import type { ValueType } from './graph.ts';

/** Sizes of a value, as in {@link ValueType}. */
export type Dims = ValueType['dims'];

/** Whether every size is a number. */
export function isStatic(dims: Dims): dims is readonly number[] {
  return dims.every((dim) => typeof dim === 'number');
}

/** Number of elements. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((size, dim) => size * dim, 1);
}

/** Steps of a row-major array: how far apart in memory neighbours along each axis are. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let i = dims.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * dims[i + 1]!;
  return strides;
}

/** Numpy's rule: aligned at the end, sizes of 1 stretch; `undefined` where two sizes contradict each other. */
export function broadcast(...all: readonly Dims[]): Dims | undefined {
  const rank = Math.max(0, ...all.map((dims) => dims.length));
  const result: (number | string)[] = [];
  for (let axis = 0; axis < rank; axis++) {
    let merged: number | string = 1;
    for (const dims of all) {
      const dim = dims[axis - rank + dims.length] ?? 1;
      if (dim === 1 || (dim === merged && dim !== '?')) continue;
      if (merged === 1) merged = dim;
      else if (typeof dim === 'number' && typeof merged === 'number') return undefined;
      else if (typeof dim === 'number') merged = dim;
      else if (typeof merged !== 'number') merged = '?';
    }
    result.push(merged);
  }
  return result;
}

/** An axis counted from the start: −1 is the last one. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
