/**
 * Masks m_t ~ Bernoulli(q): which coordinates of a parameter a task keeps, q = 1 − p of them. They follow from (seed, task,
 * parameter name) and are never stored.
 */
import { ClError } from '@cl/hub';
import { counterBits, counterKey, type CounterKey } from './counter-random.ts';
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
  const draw: Draw = {
    key,
    from: Math.round((taken ?? 0) * 2 ** 32),
    to: Math.round(((taken ?? 0) + keep) * 2 ** 32),
  };
  const { rows, cols, tileRows, tileCols } = tiling;
  const length = rows * cols;
  if (draw.from === 0 && draw.to === 2 ** 32) return allPositions(length);
  if (scratch.length < length) scratch = new Uint32Array(length);
  const count =
    tileRows === 1 && tileCols === 1
      ? keptElements(draw, scratch, length)
      : keptTiles(draw, scratch, tiling);
  return scratch.slice(0, count);
}

/** Kept are numbers u with from ≤ u · 2³² < to. */
interface Draw {
  readonly key: CounterKey;
  readonly from: number;
  readonly to: number;
}

/** Room for all positions of the largest parameter so far: fresh memory would cost more than the drawing. */
let scratch = new Uint32Array(0);

/** 0, 1, 2, … as far as they were asked for: copying them is faster than counting. */
let counted = new Uint32Array(0);

function allPositions(length: number): Uint32Array {
  if (counted.length < length) {
    counted = new Uint32Array(length);
    for (let i = 0; i < length; i++) counted[i] = i;
  }
  return counted.slice(0, length);
}

/** Whether 32 neighbours are kept, a bit each. */
function keptBits({ key, from, to }: Draw, group: number): number {
  const bits = counterBits(key, group, to);
  return from === 0 ? bits : bits & ~counterBits(key, group, from);
}

/** Each coordinate on its own. */
function keptElements(draw: Draw, found: Uint32Array, length: number): number {
  let count = 0;
  const groups = Math.ceil(length / 32);
  for (let group = 0; group < groups; group++) {
    const first = group << 5;
    let bits = keptBits(draw, group);
    if (length - first < 32) bits &= (1 << (length - first)) - 1;
    for (; bits !== 0; bits &= bits - 1) found[count++] = first + 31 - Math.clz32(bits & -bits);
  }
  return count;
}

function keptTiles(
  draw: Draw,
  found: Uint32Array,
  { rows, cols, tileRows, tileCols }: Tiling,
): number {
  const across = Math.ceil(cols / tileCols);
  const tiles = across * Math.ceil(rows / tileRows);
  const kept = Int32Array.from({ length: Math.ceil(tiles / 32) }, (_, i) => keptBits(draw, i));
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const firstTile = Math.floor(row / tileRows) * across;
    for (let column = 0; column < across; column++) {
      const tile = firstTile + column;
      if (((kept[tile >>> 5]! >>> (tile & 31)) & 1) === 0) continue;
      const end = Math.min(cols, (column + 1) * tileCols);
      for (let col = column * tileCols; col < end; col++) found[count++] = row * cols + col;
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
