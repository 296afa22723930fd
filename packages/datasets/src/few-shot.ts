import { ClError, type Dataset, type Random, type Sample } from '@cl/hub';

/** What a class with fewer training samples than shots does. */
export type FewerShots = 'keep' | 'resample';

/** Options of {@link fewShot}. */
export interface FewShotOptions {
  /** Training samples a class, at least 1. */
  readonly shots: number;
  readonly random: Random;
  /**
   * `keep`: a class with fewer samples keeps them all. `resample`: it draws `shots` of them with replacement,
   * as RAIL's published code does (papers.md §4.1), so every class weighs the same. Default `keep`.
   */
  readonly fewer?: FewerShots;
}

/**
 * A dataset with at most `shots` training samples a class; the test samples stay. Which ones depends on the seed
 * and the class id alone: taking other classes away, or adding some, changes no choice. Samples keep their order.
 *
 * @throws ClError `INVALID_OPTION` when shots is not a positive whole number.
 */
export function fewShot(dataset: Dataset, options: FewShotOptions): Dataset {
  const { shots, random, fewer = 'keep' } = options;
  if (!Number.isInteger(shots) || shots < 1) {
    throw new ClError(
      'INVALID_OPTION',
      `fewShot: shots is ${shots}, expected a whole number of at least 1. Leave fewShot out to keep all samples.`,
    );
  }
  const places = new Map<string, number[]>();
  for (const [place, { classId }] of dataset.train.entries()) {
    const known = places.get(classId);
    if (known === undefined) places.set(classId, [place]);
    else known.push(place);
  }
  const chosen: number[] = [];
  for (const [classId, own] of places) {
    const source = random.fork(`shots of ${classId}`);
    for (const i of draw(own.length, shots, fewer, source)) chosen.push(own[i]!);
  }
  const train: Sample[] = chosen.sort((a, b) => a - b).map((place) => dataset.train[place]!);
  return { ...dataset, train };
}

/** `shots` of the numbers 0 … n − 1, or all n when there are fewer and they are kept. */
function draw(n: number, shots: number, fewer: FewerShots, random: Random): readonly number[] {
  if (n > shots) return random.permutation(n).slice(0, shots);
  if (n === shots || fewer === 'keep') return Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: shots }, () => random.integer(n));
}
