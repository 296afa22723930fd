/** What the plugins of published datasets share. */
import type { Preset } from '@cl/hub';
import { z } from 'zod';
import {
  sourceDefaults,
  sourceHelp,
  sourceShape,
  templatesShape,
  type SourceOptions,
} from '../source/options.ts';

/** Options of every published dataset whose classes come with sentence patterns. */
export interface PublishedOptions extends SourceOptions {
  /** Sentence patterns of the classes; `{}` stands for the name. */
  readonly templates: readonly string[];
}

/** Defaults with a dataset's own patterns. */
export const publishedDefaults = (templates: readonly string[]): PublishedOptions => ({
  ...sourceDefaults,
  templates: [...templates],
});

export const publishedHelp: Readonly<Record<keyof PublishedOptions, string>> = {
  ...sourceHelp,
  templates: 'sentence patterns for the classes, {} for the name',
};

export const publishedShape: {
  readonly [K in keyof PublishedOptions]: z.ZodType<PublishedOptions[K]>;
} = { ...sourceShape, templates: templatesShape };

/** Options of datasets that publish validation images beside the training images. */
export interface ValidationOptions extends PublishedOptions {
  /** `leave-out`, as CoOp and RAIL do, or `train`: add them to the training images. */
  readonly validation: 'leave-out' | 'train';
}

export const validationHelp: Readonly<Record<keyof ValidationOptions, string>> = {
  ...publishedHelp,
  validation: 'validation images: leave-out (CoOp, RAIL) or train',
};

export const validationShape: {
  readonly [K in keyof ValidationOptions]: z.ZodType<ValidationOptions[K]>;
} = { ...publishedShape, validation: z.enum(['leave-out', 'train']) };

/** Options of datasets that hold a part of each class out themselves. */
export interface FractionOptions {
  /** Part of each class that is held out for testing; 0 to 1. */
  readonly testFraction: number;
  /** Seed of that choice. */
  readonly seed: number;
}

export const fractionDefaults: FractionOptions = { testFraction: 0.2, seed: 0 };

export const fractionHelp: Readonly<Record<keyof FractionOptions, string>> = {
  testFraction: 'part of each class held out for testing where no published split is read',
  seed: 'seed of that choice',
};

export const fractionShape: {
  readonly [K in keyof FractionOptions]: z.ZodType<FractionOptions[K]>;
} = {
  testFraction: z.number().gt(0).lt(1),
  seed: z.int(),
};

/** The preset `rail`: the one sentence pattern that RAIL's published code uses for every domain (papers: RAIL, §4.2). */
export function railPreset(
  template = 'a photo of a {}.',
): Readonly<Record<'rail', Preset<Pick<PublishedOptions, 'templates'>>>> {
  const values = { templates: [template] };
  return { rail: { help: `the sentence pattern of RAIL’s code: ${template}`, values } };
}
