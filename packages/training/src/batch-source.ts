/** Where the rows of batches come from: images as pixels, or numbers that are at hand. */
import {
  ClError,
  type ImageRef,
  type ImageView,
  type Random,
  type Tensor,
  type TrainableBackbone,
  type WorkOptions,
} from '@cl/hub';
import type { ViewPolicy } from './views.ts';

/** Rows by number. */
export interface BatchSource {
  /** How many rows there are. */
  readonly count: number;
  /**
   * The rows with these numbers, in this order.
   *
   * @param rows - in [0, count), repeated or not.
   * @param random - given where rows are drawn anew each time; a source without chance leaves it alone.
   * @param work - signal and progress.
   * @returns a tensor [rows.length, …] that the caller may keep; it is not to be modified.
   */
  take(rows: readonly number[], random?: Random, work?: WorkOptions): Promise<Tensor>;
}

/** What {@link imageSource} may be told. */
export interface ImageSourceOptions {
  /** How views are drawn when `take` is given a Random; images as they are when absent. */
  readonly views?: ViewPolicy | undefined;
  /** Pixels of whole images are kept for the next time, up to so many bytes. Default: 256 MiB. */
  readonly memoryBytes?: number;
}

const usualMemory = 256 * 2 ** 20;

/**
 * Images as pixels, float32 [N, 3, S, S]. Decoded when they are asked for; those that fit into `memoryBytes` once only, unless
 * views are drawn of them.
 *
 * `take` throws what the backbone's `pixels` throws: `UNREADABLE_IMAGE` naming the images, `ABORTED`, `DISPOSED`.
 */
export function imageSource(
  backbone: TrainableBackbone,
  images: readonly ImageRef[],
  { views, memoryBytes = usualMemory }: ImageSourceOptions = {},
): BatchSource {
  const refs = (rows: readonly number[]): ImageRef[] => rows.map((row) => images[row]!);
  const whole = rememberedSource({
    count: images.length,
    memoryBytes,
    compute: (rows, work) => backbone.pixels(refs(rows), work),
  });
  if (views === undefined) return whole;
  return {
    count: images.length,
    async take(rows, random, work) {
      if (random === undefined) return whole.take(rows, random, work);
      const chosen = refs(rows).map((image): ImageView => views.view(image, random));
      return backbone.pixels(refs(rows), { ...work, views: chosen });
    },
  };
}

/** What {@link rememberedSource} remembers. */
export interface RememberedOptions {
  readonly count: number;
  /** Rows are kept for the next time, up to so many bytes; the first ones asked for stay. */
  readonly memoryBytes: number;
  /** The rows with these numbers, each once: float32 [rows.length, …]. */
  readonly compute: (rows: readonly number[], work?: WorkOptions) => Promise<Tensor<'float32'>>;
}

/** Rows that are costly to make, made when they are asked for and once only as far as memory goes. */
export function rememberedSource({ count, memoryBytes, compute }: RememberedOptions): BatchSource {
  const kept = new Map<number, Float32Array>();
  let rest: readonly number[] = [];
  let room = memoryBytes;
  return {
    count,
    async take(rows, _random, work) {
      const missing = [...new Set(rows.filter((row) => !kept.has(row)))];
      const fresh = new Map<number, Float32Array>();
      if (missing.length > 0) {
        const { data, dims } = await compute(missing, work);
        const length = data.length / missing.length;
        rest = dims.slice(1);
        missing.forEach((row, i) => fresh.set(row, data.subarray(i * length, (i + 1) * length)));
      }
      const length = rest.reduce((product, size) => product * size, 1);
      const data = new Float32Array(rows.length * length);
      rows.forEach((row, i) => {
        data.set(kept.get(row) ?? fresh.get(row)!, i * length);
      });
      for (const [row, values] of fresh) {
        if (room < values.byteLength || kept.has(row)) continue;
        room -= values.byteLength;
        kept.set(row, values.slice());
      }
      return { dtype: 'float32', dims: [rows.length, ...rest], data };
    },
  };
}

/**
 * Rows of a tensor [N, …], for instance features or queries that were computed before. Not copied: it must stay as it is.
 *
 * @throws ClError `SHAPE_MISMATCH` for a tensor without rows.
 */
export function tensorSource({ dtype, dims, data }: Tensor): BatchSource {
  const [count, ...rest] = dims;
  if (count === undefined) {
    throw new ClError(
      'SHAPE_MISMATCH',
      'tensorSource: found a single number, expected rows [N, …]. Give the tensor a first axis.',
    );
  }
  const length = rest.reduce((product, size) => product * size, 1);
  return {
    count,
    async take(rows) {
      const picked = new (data.constructor as new (n: number) => typeof data)(rows.length * length);
      rows.forEach((row, i) => {
        picked.set(data.subarray(row * length, (row + 1) * length) as never, i * length);
      });
      return { dtype, dims: [rows.length, ...rest], data: picked };
    },
  };
}
