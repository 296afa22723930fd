/** Kernel matrices of any size, from rows that are lifted a bounded number at a time. */
import { throwIfAborted, type Matrix } from '@cl/hub';
import { putBlock, RowBlocks, type RealType, type RowBlock, rowsOf, zeroMatrix } from '@cl/linalg';
import type { FeatureMap } from './feature-map.ts';

/** Numbers that lifted rows may take at a time: 128 MB in float64. */
const liftedNumbers = 2 ** 24;

/** Ranges of rows that can be lifted at once: [from, to). The same for the same sizes, so that bits repeat. */
export function* chunksOf(
  rows: number,
  width: number,
  start = 0,
): Generator<readonly [number, number]> {
  const step = Math.max(1, Math.floor(liftedNumbers / width));
  for (let from = start; from < rows; from += step) yield [from, Math.min(rows, from + step)];
}

/** Rows lifted chunk by chunk. */
export async function* liftedChunks(
  map: FeatureMap,
  features: Matrix,
  signal?: AbortSignal,
  start = 0,
): AsyncGenerator<RowBlock> {
  for (const [from, to] of chunksOf(features.rows, map.width, start)) {
    throwIfAborted('rail', signal);
    yield { from, rows: await map.lift(rowsOf(features, from, to), signal) };
  }
}

/** All chunks at once. */
export async function collected(chunks: AsyncIterable<RowBlock>): Promise<RowBlock[]> {
  const all: RowBlock[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

/**
 * K [n, m] with k(a_i, b_j), handed over in this element type whatever the kernel is computed in.
 *
 * @throws ClError `ABORTED`.
 */
export async function kernelMatrix(
  map: FeatureMap,
  precision: RealType,
  a: readonly RowBlock[],
  b: AsyncIterable<RowBlock> | readonly RowBlock[],
  shape: readonly [number, number],
  signal?: AbortSignal,
): Promise<Matrix> {
  const kernel = zeroMatrix(...shape, precision);
  for await (const right of b) {
    for (const left of a) {
      throwIfAborted('rail', signal);
      const tile = await map.product(left.rows, right.rows, signal);
      putBlock(kernel, left.from, right.from, tile);
    }
  }
  return kernel;
}

/** Bytes of lifted rows that are remembered. */
const rememberedBytes = 2 ** 30;

/** Lifted rows of samples that are kept, remembered up to a gigabyte: to lift them anew costs as much as to score them. */
export class LiftedRows {
  readonly #map: FeatureMap;
  readonly #known = new RowBlocks();

  /** Remembers nothing yet. */
  constructor(map: FeatureMap) {
    this.#map = map;
  }

  /** Remembers the lifted rows of new samples, whose first is the `before`-th of all; or not, when there is no room. */
  push(lifted: readonly RowBlock[], before: number): void {
    if (!this.#map.costly || before !== this.#known.rows) return;
    const bytes = lifted.reduce((sum, { rows }) => sum + rows.data.byteLength, this.#known.bytes);
    if (bytes > rememberedBytes) return;
    for (const { rows } of lifted) this.#known.append(rows);
  }

  /** The rows of all these samples, chunk by chunk. */
  async *chunks(features: Matrix, signal?: AbortSignal): AsyncGenerator<RowBlock> {
    yield* this.#known.blocks;
    yield* liftedChunks(this.#map, features, signal, this.#known.rows);
  }
}
