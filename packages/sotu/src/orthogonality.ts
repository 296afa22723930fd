/**
 * How nearly orthogonal deltas are. For independent masks with keep rate q the expected cosine is q times that of the whole
 * deltas, and two masks share q² of the coordinates; disjoint masks share none, and their cosines are exactly 0.
 */
import { partOf, type TaskDelta } from './delta.ts';

/** What two deltas have in common in one layer, or all in all. */
export interface Overlap {
  /** ⟨δ̂ₛ, δ̂ₜ⟩ */
  readonly product: number;
  /** Coordinates that both keep. */
  readonly shared: number;
}

/** What a delta is by itself in one layer. */
export interface Extent {
  /** ‖δ̂‖² */
  readonly square: number;
  /** Coordinates kept. */
  readonly kept: number;
  /** Coordinates that could have been kept. */
  readonly all: number;
}

/** For each layer, what some parameters of a delta are by themselves. `layers` says which layer a parameter belongs to. */
export function extentsOf(delta: TaskDelta, layers: ReadonlyMap<string, number>): Extent[] {
  const extents = layerList(layers, () => ({ square: 0, kept: 0, all: 0 }));
  for (const [name, { values, length }] of delta.parameters) {
    const extent = extents[layers.get(name)!]!;
    extent.square += squareOf(values);
    extent.kept += values.length;
    extent.all += length;
  }
  return extents;
}

/** For each layer, what two deltas have in common. */
export function overlapsOf(
  a: TaskDelta,
  b: TaskDelta,
  layers: ReadonlyMap<string, number>,
): Overlap[] {
  const overlaps = layerList(layers, () => ({ product: 0, shared: 0 }));
  for (const name of a.parameters.keys()) {
    const overlap = overlaps[layers.get(name)!]!;
    const [p, q] = [partOf(a, name), partOf(b, name)];
    let [i, j] = [0, 0];
    while (i < p.positions.length && j < q.positions.length) {
      const step = p.positions[i]! - q.positions[j]!;
      if (step === 0) {
        overlap.product += p.values[i]! * q.values[j]!;
        overlap.shared += 1;
      }
      if (step <= 0) i += 1;
      if (step >= 0) j += 1;
    }
  }
  return overlaps;
}

/**
 * For each layer, ⟨δₜ, δₛ⟩ of the whole deltas, estimated from a whole δₜ and the values that are kept of δₛ: each stands for
 * 1/q of its like. Without bias where δ̂ₛ was masked at random; exact where q is 1.
 *
 * @param whole - δₜ of each parameter, before its mask.
 * @param earlier - δ̂ₛ, masked.
 * @param layers - which layer a parameter belongs to.
 * @param scale - what the values of δ̂ₛ were multiplied with when they were masked.
 */
export function wholeProducts(
  whole: ReadonlyMap<string, Float32Array>,
  earlier: TaskDelta,
  layers: ReadonlyMap<string, number>,
  scale: (name: string) => number,
): number[] {
  const products = layerList(layers, () => ({ value: 0 }));
  for (const [name, dense] of whole) {
    const { positions, values } = partOf(earlier, name);
    if (values.length === 0) continue;
    let sum = 0;
    for (let k = 0; k < positions.length; k++) sum += dense[positions[k]!]! * values[k]!;
    products[layers.get(name)!]!.value += (sum * (dense.length / values.length)) / scale(name);
  }
  return products.map(({ value }) => value);
}

/** cos = ⟨a, b⟩ / (‖a‖ ‖b‖); `null` where one of them is zero. */
export function cosine(product: number, squareA: number, squareB: number): number | null {
  return squareA > 0 && squareB > 0 ? product / Math.sqrt(squareA * squareB) : null;
}

/** Σ x². */
export function squareOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

function layerList<T>(layers: ReadonlyMap<string, number>, make: () => T): T[] {
  const count = Math.max(-1, ...layers.values()) + 1;
  return Array.from({ length: count }, make);
}
