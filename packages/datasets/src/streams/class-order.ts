import { numpyPermutation, pythonShuffle, type Random } from '@cl/hub';

/** How the classes of a class-incremental stream are ordered. */
export type ClassOrder = 'natural' | 'numpy' | 'python' | 'random';

/**
 * The order in which C classes arrive: position → index in the dataset's own order.
 *
 * - `natural`: the dataset's own order.
 * - `numpy`: `np.random.seed(seed); np.random.permutation(C)`, as PILOT, PyCIL and RanPAC do (seed 1993).
 * - `python`: `random.seed(seed); random.shuffle(…)`, as VQ-Prompt and CODA-Prompt do; their seed 0 is the
 *   natural order (papers.md §2.1).
 * - `random`: from the run's own generator, so every seed of a run has another order.
 */
export function classOrder(
  order: ClassOrder,
  count: number,
  seed: number,
  random: Random,
): readonly number[] {
  switch (order) {
    case 'numpy':
      return numpyPermutation(seed, count);
    case 'python':
      if (seed !== 0) return pythonShuffle(seed, count);
      break;
    case 'random':
      return random.fork('class order').permutation(count);
    case 'natural':
      break;
  }
  return Array.from({ length: count }, (_, i) => i);
}
