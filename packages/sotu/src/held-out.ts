/** Images that a task sets aside to decide when to stop, or which λ to take. */
import type { Random } from '@cl/hub';

/** Numbers of rows, ascending. */
export interface Split {
  readonly train: readonly number[];
  readonly validation: readonly number[];
}

/**
 * Sets aside a share of each class's rows, rounded down and never all of them: a class with one sample is trained on.
 *
 * @param labels - class of each row, from 0.
 */
export function heldOut(labels: Int32Array, share: number, random: Random): Split {
  const order = random.permutation(labels.length);
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const room = new Map([...counts].map(([label, n]) => [label, Math.floor(share * n)]));
  const aside = new Set<number>();
  for (const row of order) {
    const left = room.get(labels[row]!)!;
    if (left === 0) continue;
    room.set(labels[row]!, left - 1);
    aside.add(row);
  }
  const ascending = [...order].sort((a, b) => a - b);
  return {
    train: ascending.filter((row) => !aside.has(row)),
    validation: ascending.filter((row) => aside.has(row)),
  };
}
