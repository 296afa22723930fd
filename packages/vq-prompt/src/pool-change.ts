/** Carrying out what a pool policy decided. */
import { ClError, type Random, type Tensor } from '@cl/hub';
import type { PoolChange } from './hooks.ts';
import { drawPool, resized, type EntrySize, type Pool } from './pools.ts';

/**
 * The pool after a change; the one given stays as it is.
 *
 * @throws ClError `INVALID_OPTION` when the change names entries that are not there.
 */
export function changedPool(
  pool: Pool,
  { add = 0, protect = [], copy = [] }: PoolChange,
  size: EntrySize,
  random: Random,
): Pool {
  const before = pool.keys.dims[0]!;
  const named = [...protect, ...copy.flatMap(({ entry, from }) => [entry, from])];
  const missing = named.find((entry) => !(Number.isInteger(entry) && entry >= 0 && entry < before));
  if (missing !== undefined || !(Number.isInteger(add) && add >= 0)) {
    throw new ClError(
      'INVALID_OPTION',
      `vq-prompt: the pool policy ${missing === undefined ? `adds ${add} entries` : `names entry ${missing}`} in layer ` +
        `${pool.layer}, expected ${missing === undefined ? 'a whole number from 0' : `0 to ${before - 1}`}. ` +
        'Correct the policy.',
    );
  }
  if (add === 0 && copy.length === 0) return pool;
  const fresh = add === 0 ? undefined : drawPool(pool.layer, add, size, random.fork('add'));
  const next = resized(pool, fresh);
  for (const { entry, from, noise } of copy) {
    const own = random.fork(`copy/${entry}`);
    for (const part of ['prompts', 'keys'] as const) {
      copyEntry(pool[part], next[part].data, entry, from, noise, own);
    }
  }
  return next;
}

function copyEntry(
  source: Tensor<'float32'>,
  target: Float32Array,
  entry: number,
  from: number,
  noise: number,
  random: Random,
): void {
  const width = source.data.length / source.dims[0]!;
  const values = source.data.subarray(from * width, (from + 1) * width);
  let [mean, square] = [0, 0];
  for (const x of values) mean += x / width;
  for (const x of values) square += (x - mean) ** 2 / width;
  const spread = noise * Math.sqrt(square);
  for (let i = 0; i < width; i += 1)
    target[entry * width + i] = values[i]! + spread * random.normal();
}
