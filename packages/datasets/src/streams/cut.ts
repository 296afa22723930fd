/** What all streams are made of: parts that become an experience and its evaluation, checked. */
import {
  ClError,
  scenarios,
  type ClassInfo,
  type Dataset,
  type Random,
  type Sample,
  type ScenarioName,
  type Stream,
} from '@cl/hub';
import { z } from 'zod';
import { fewShot, type FewerShots } from '../few-shot.ts';

/** One step of a stream: what is learned, and what it is tested on. */
export interface Part {
  readonly name: string;
  readonly domain?: string;
  readonly classes: readonly ClassInfo[];
  readonly train: readonly Sample[];
  readonly test: readonly Sample[];
}

/** Options that every stream takes. */
export interface ShotOptions {
  /** Training samples a class; 0 takes all. */
  readonly shots: number;
  /** What a class with fewer samples does: keep them all, or draw with replacement. */
  readonly fewerShots: FewerShots;
}

/** The shape of {@link ShotOptions} for a stream's schema. */
export const shotShape: {
  readonly shots: z.ZodType<number>;
  readonly fewerShots: z.ZodType<FewerShots>;
} = { shots: z.int().min(0), fewerShots: z.enum(['keep', 'resample']) };

/** The help of {@link ShotOptions}. */
export const shotHelp: Readonly<Record<keyof ShotOptions, string>> = {
  shots: 'training samples a class, chosen by the seed; 0 takes all',
  fewerShots:
    'a class with fewer samples keeps them all, or resamples with replacement: keep, resample',
};

/** The datasets with only so many training samples a class. */
export function withShots(
  datasets: readonly Dataset[],
  { shots, fewerShots }: ShotOptions,
  random: Random,
): readonly Dataset[] {
  if (shots === 0) return datasets;
  const source = random.fork('shots');
  return datasets.map((dataset) => fewShot(dataset, { shots, random: source, fewer: fewerShots }));
}

/**
 * A stream of these parts.
 *
 * @throws ClError `EMPTY_STREAM` when there is no part or one has no class, no training or no test sample; `EMPTY_CLASS`
 * when a class has no training sample; `UNKNOWN_CLASS` when a sample's class is not listed.
 */
export function cutStream(name: string, scenario: ScenarioName, parts: readonly Part[]): Stream {
  if (parts.length === 0) {
    throw new ClError(
      'EMPTY_STREAM',
      `${scenario}: no dataset given, expected at least one. Name one.`,
    );
  }
  for (const part of parts) assertFilled(scenario, part);
  return {
    name,
    scenario: scenarios[scenario],
    experiences: parts.map((part, index) => ({ index, ...labelOf(part), train: part.train })),
    evaluations: parts.map((part, index) => ({ index, ...labelOf(part), test: part.test })),
  };
}

function labelOf({ name, domain, classes }: Part): Pick<Part, 'name' | 'domain' | 'classes'> {
  return domain === undefined ? { name, classes } : { name, domain, classes };
}

/**
 * Refuses two parts that claim the same class.
 *
 * @throws ClError `DUPLICATE_CLASS`, naming the class and both parts.
 */
export function assertDisjoint(
  where: string,
  parts: readonly Pick<Part, 'name' | 'classes'>[],
): void {
  const owners = new Map<string, string>();
  for (const { name, classes } of parts) {
    for (const { id } of classes) {
      const owner = owners.get(id);
      if (owner !== undefined) {
        throw new ClError(
          'DUPLICATE_CLASS',
          `${where}: class id "${id}" is in "${owner}" and in "${name}", expected ids that differ. Give ids a ` +
            'prefix, for instance the domain option of an image folder.',
        );
      }
      owners.set(id, name);
    }
  }
}

function assertFilled(where: string, part: Part): void {
  for (const kind of ['classes', 'train', 'test'] as const) {
    if (part[kind].length > 0) continue;
    const missing = { classes: 'class', train: 'training sample', test: 'test sample' }[kind];
    throw new ClError(
      'EMPTY_STREAM',
      `${where}: "${part.name}" has no ${missing}, expected at least one. Add some, or leave it out.`,
    );
  }
  const counts = new Map(part.classes.map(({ id }) => [id, 0]));
  for (const sample of [...part.train, ...part.test]) {
    if (counts.has(sample.classId)) continue;
    throw new ClError(
      'UNKNOWN_CLASS',
      `${where}: sample "${sample.image.id}" of "${part.name}" has class "${sample.classId}", which the dataset ` +
        'does not list. List it among the classes.',
    );
  }
  for (const { classId } of part.train) counts.set(classId, counts.get(classId)! + 1);
  const empty = part.classes.filter(({ id }) => counts.get(id) === 0).map(({ id }) => id);
  if (empty.length === 0) return;
  throw new ClError(
    'EMPTY_CLASS',
    `${where}: ${empty.length} classes of "${part.name}" have no training sample (${empty.slice(0, 5).join(', ')}), ` +
      'expected at least one each. Add samples, or take the classes out.',
  );
}
