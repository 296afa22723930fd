/** The options of datasets of somebody's own images. */
import { z } from 'zod';
import { templatesShape } from '../source/options.ts';

/** How labels become classes, and what is held out. */
export interface OwnOptions {
  /** Part of each class that is held out for testing when nothing else says so; 0 to 1. */
  readonly testFraction: number;
  /** Seed of that choice. */
  readonly seed: number;
  /** Domain of all classes, and prefix of their ids; empty: none. */
  readonly domain: string;
  /** Sentence patterns of the classes; empty: the learner's own. */
  readonly templates: readonly string[];
}

/** The defaults, and one sentence an option. */
export const ownDefaults: OwnOptions = { testFraction: 0.2, seed: 0, domain: '', templates: [] };

export const ownHelp: Readonly<Record<keyof OwnOptions, string>> = {
  testFraction: 'part of each class held out for testing when nothing else says so',
  seed: 'seed of that choice',
  domain: 'domain of all classes and prefix of their ids',
  templates: 'sentence patterns for the classes, {} for the name',
};

/** The schema of each option. */
export const ownShape: { readonly [K in keyof OwnOptions]: z.ZodType<OwnOptions[K]> } = {
  testFraction: z.number().min(0).max(1),
  seed: z.int(),
  domain: z.string(),
  templates: templatesShape,
};
