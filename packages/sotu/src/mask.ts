/**
 * Masks m_t ~ Bernoulli(q): which coordinates of a parameter a task keeps, q = 1 − p of them. They follow from (seed, task,
 * parameter name) and are never stored.
 */
import { ClError } from '@cl/hub';
import { counterKey, counterWord, type CounterKey } from './counter-random.ts';
import type { Tiling } from './groups.ts';

/** Whose mask it is. */
export interface MaskOwner {
  readonly seed: number | string;
  readonly task: number;
  readonly parameter: string;
}

/** What a mask is drawn with. */
export interface MaskShape {
  readonly tiling: Tiling;
  /** q in [0, 1]. */
  readonly keep: number;
  /**
   * Disjoint masks: the share that earlier tasks took, in [0, 1 − q]. All tasks then draw the same number u for a
   * coordinate, and this one has those with u in [taken, taken + q), which no other task has.
   */
  readonly taken?: number | undefined;
}

/**
 * The coordinates that a task keeps of a parameter, ascending.
 *
 * @throws ClError `INVALID_OPTION` for a share outside [0, 1], and for disjoint masks with no room left.
 */
export function keptPositions(owner: MaskOwner, shape: MaskShape): Uint32Array {
  const { tiling, keep, taken } = shape;
  assertShare(owner, keep);
  if (taken !== undefined) assertRoom(owner, keep, taken);
  const { seed, task, parameter } = owner;
  const key =
    taken === undefined
      ? counterKey(seed, 'mask', String(task), parameter)
      : counterKey(seed, 'disjoint mask', parameter);
  const from = Math.round((taken ?? 0) * 2 ** 32);
  const to = Math.round(((taken ?? 0) + keep) * 2 ** 32);
  const { rows, cols, tileRows, tileCols } = tiling;
  const length = rows * cols;
  if (scratch.length < length) scratch = new Uint32Array(length);
  const count =
    tileRows === 1 && tileCols === 1
      ? keptElements(key, from, to, scratch, length)
      : keptTiles(key, from, to, scratch, tiling);
  return scratch.slice(0, count);
}

/** Room for all positions of the largest parameter so far: fresh memory would cost more than the drawing. */
let scratch = new Uint32Array(0);

/** Each coordinate on its own. */
function keptElements(
  key: CounterKey,
  from: number,
  to: number,
  found: Uint32Array,
  length: number,
): number {
  let count = 0;
  for (let i = 0; i < length; i++) {
    const u = counterWord(key, i);
    found[count] = i; // written always, counted when kept: no branch to mispredict
    count += u >= from && u < to ? 1 : 0;
  }
  return count;
}

function keptTiles(
  key: CounterKey,
  from: number,
  to: number,
  found: Uint32Array,
  { rows, cols, tileRows, tileCols }: Tiling,
): number {
  const across = Math.ceil(cols / tileCols);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const firstTile = Math.floor(row / tileRows) * across;
    for (let tile = 0; tile < across; tile++) {
      const u = counterWord(key, firstTile + tile);
      if (u < from || u >= to) continue;
      const end = Math.min(cols, (tile + 1) * tileCols);
      for (let col = tile * tileCols; col < end; col++) found[count++] = row * cols + col;
    }
  }
  return count;
}

function assertShare({ parameter, task }: MaskOwner, keep: number): void {
  if (keep >= 0 && keep <= 1) return;
  throw new ClError(
    'INVALID_OPTION',
    `sotu: p is ${1 - keep} for "${parameter}" in task ${task}, expected a number from 0 (keep all) to 1 (keep nothing). ` +
      'Choose p within it; 0.9 keeps a tenth.',
  );
}

function assertRoom({ parameter, task }: MaskOwner, keep: number, taken: number): void {
  if (taken >= 0 && taken + keep <= 1 + 1e-9) return;
  throw new ClError(
    'INVALID_OPTION',
    `sotu: disjoint masks leave task ${task} ${((1 - taken) * 100).toFixed(0)}% of "${parameter}", expected room for the ` +
      `${(keep * 100).toFixed(0)}% it keeps. Raise p to ${(1 - 1 / (task + 1)).toFixed(3)} or more before the first task, ` +
      'or use independent masks.',
  );
}
