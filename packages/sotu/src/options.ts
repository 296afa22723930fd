/** The options of SoTU, their defaults, and the choices that published methods made. */
import type { Preset } from '@cl/hub';
import { z } from 'zod';
import type { Rescale } from './delta.ts';
import type { Grouping } from './groups.ts';
import type { MergeRuleName } from './merge-rules.ts';
import type { ParameterSelection } from './parameters.ts';

/** Where a coordinate is, when p is a function of it. */
export interface MaskPlace {
  /** From 0. */
  readonly task: number;
  /** Block of the backbone, from 0. */
  readonly layer: number;
  readonly layers: number;
  /** How much of the task's fine-tuning is done, 0 to 1. */
  readonly progress: number;
}

/** p, or p as a function of task, layer and progress. Functions live in code: they cannot be saved as data. */
export type DropRate = number | ((place: MaskPlace) => number);

/** Which coordinates survive: drawn, drawn so that no two tasks share one, or those that matter most. */
export type MaskKind = 'random' | 'disjoint' | 'magnitude' | 'gradient' | 'fisher';

/** What is done about class means that were measured before the backbone moved on (papers: stale prototypes). */
export type PrototypePolicy = 'stale' | 'first-task' | 'drift' | 'exemplars';

/** What can be chosen. */
export interface SotuOptions {
  readonly start: 'theta0' | 'merged';
  readonly train: ParameterSelection;
  readonly layers: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: 'sgd' | 'adamw';
  readonly learningRate: number;
  readonly headLearningRate: number;
  readonly weightDecay: number;
  readonly schedule: 'cosine' | 'constant';
  readonly head: 'linear' | 'cosine';
  readonly headStart: 'random' | 'means';
  readonly headScale: number;
  readonly cropScale: number;
  readonly flip: number;
  readonly validationShare: number;
  readonly patience: number;
  readonly singleClass: 'refuse' | 'prototype';
  readonly p: DropRate;
  readonly pLast: number;
  readonly pAlong: 'none' | 'layers' | 'progress';
  readonly mask: MaskKind;
  readonly group: Grouping;
  readonly blockSize: number;
  readonly rescale: Rescale;
  readonly merge: MergeRuleName;
  readonly coefficient: number;
  readonly importance: 'magnitude' | 'gradient' | 'fisher';
  readonly keep: 'deltas' | 'merged';
  readonly classifier: 'nearest-mean' | 'ridge' | 'linear-probe';
  readonly hiddenDim: number;
  readonly ridge: number;
  readonly prototypes: PrototypePolicy;
  readonly exemplars: number;
  readonly threads: number;
}

/** For a small machine and few images a class; README.md says how they were chosen. */
export const defaults: SotuOptions = {
  start: 'theta0',
  train: 'matrices',
  layers: [],
  epochs: 5,
  batchSize: 32,
  optimizer: 'adamw',
  learningRate: 0.0003,
  headLearningRate: 0.001,
  weightDecay: 0,
  schedule: 'cosine',
  head: 'cosine',
  headStart: 'means',
  headScale: 20,
  cropScale: 1,
  flip: 0,
  validationShare: 0,
  patience: 0,
  singleClass: 'refuse',
  p: 0.8,
  pLast: 0.8,
  pAlong: 'none',
  mask: 'random',
  group: 'element',
  blockSize: 16,
  rescale: 'none',
  merge: 'sum',
  coefficient: 1,
  importance: 'magnitude',
  keep: 'deltas',
  classifier: 'nearest-mean',
  hiddenDim: 2000,
  ridge: 0,
  prototypes: 'stale',
  exemplars: 4,
  threads: 0,
};

/** One sentence an option. */
export const help: Readonly<Record<keyof SotuOptions, string>> = {
  start:
    'Each task is fine-tuned, and its delta measured, from the pretrained weights (theta0) or from what is merged so far ' +
    '(merged).',
  train:
    'Weights that are fine-tuned: all, matrices of the blocks, or those of attention, of qkv, of mlp.',
  layers: 'Blocks that are fine-tuned, from 0; −1 is the last; empty: all.',
  epochs: 'Passes over the images of a task; 0 leaves the backbone as it is.',
  batchSize: 'Images in a step.',
  optimizer: 'sgd (momentum 0.9) or adamw.',
  learningRate: 'Learning rate of the backbone.',
  headLearningRate: 'Learning rate of the temporary head.',
  weightDecay: 'Weight decay of both.',
  schedule: 'Learning rates follow half a cosine to 0, or stay constant.',
  head: 'Temporary head: linear (W h + b), or cosine (scaled cosines to a vector for each class), as nearest-mean scores.',
  headStart: 'The head starts at random, or from the class means of the starting weights.',
  headScale: 'Factor on the cosines of a cosine head.',
  cropScale:
    'Smallest part of an image’s area that a random resized crop trains on; 1: whole images.',
  flip: 'How likely a training image is mirrored.',
  validationShare:
    'Share of each class’s images held out of fine-tuning to decide when to stop; 0: none.',
  patience: 'Stops after so many epochs without a lower loss and goes back to the best; 0: never.',
  singleClass:
    'A task of one class has nothing to tell apart: refuse it, or learn its prototype alone.',
  p: 'Share of each delta that its mask drops, 0 to 1; in code also a function of task, layer and progress.',
  pLast: 'Where p ends along pAlong.',
  pAlong:
    'p is one number (none), goes from p at the first block to pLast at the last (layers), or during fine-tuning, masking ' +
    'after each epoch (progress).',
  mask:
    'Survivors are drawn for each task (random), drawn so that tasks share none (disjoint), or those of largest magnitude, ' +
    'gradient or Fisher information.',
  group: 'Survive or drop together: single elements, rows, square blocks, attention heads.',
  blockSize: 'Side of a block.',
  rescale: 'Survivors are left as they are (none) or divided by 1 − p (inverse-keep).',
  merge:
    'sum; sum weighted by similarity; mean weighted by importance; ties: mean of the elected sign; magmax: the largest.',
  coefficient: 'λ on the merged delta.',
  importance: 'What merge rule importance weighs by: magnitude, gradient or Fisher information.',
  keep: 'Keep the sparse delta of each task (deltas), or only what the merge rule goes on from (merged).',
  classifier:
    'On merged features: cosine to class means (nearest-mean), ridge on random features (ridge), softmax on the task’s data ' +
    '(linear-probe).',
  hiddenDim: 'Classifier ridge: random features; 0 regresses on the features themselves.',
  ridge: 'Classifier ridge: λ; 0 chooses it on a fifth of each task, as RanPAC does.',
  prototypes:
    'Class means of earlier tasks: left as they were (stale), exact because only the first task moves the backbone ' +
    '(first-task), moved by the drift of the current images (drift), or measured again on stored images (exemplars).',
  exemplars: 'Prototypes exemplars: images kept of each class.',
  threads: 'Threads of a matrix product; 0: as many as there are cores.',
};

const share = z.number().min(0).max(1);
const dropRate: z.ZodType<DropRate> = z.custom<DropRate>(
  (value) => typeof value === 'function' || share.safeParse(value).success,
  { error: 'expected a number from 0 (keeps all) to 1 (keeps nothing), or in code a function' },
);

/** Types and ranges. */
export const schema: z.ZodType<SotuOptions> = z
  .object({
    start: z.enum(['theta0', 'merged']),
    train: z.enum(['all', 'matrices', 'attention', 'qkv', 'mlp']),
    layers: z.array(z.int()).readonly(),
    epochs: z.int().min(0),
    batchSize: z.int().min(1),
    optimizer: z.enum(['sgd', 'adamw']),
    learningRate: z.number().min(0),
    headLearningRate: z.number().min(0),
    weightDecay: z.number().min(0),
    schedule: z.enum(['cosine', 'constant']),
    head: z.enum(['linear', 'cosine']),
    headStart: z.enum(['random', 'means']),
    headScale: z.number().positive(),
    cropScale: z.number().positive().max(1),
    flip: share,
    validationShare: z.number().min(0).max(0.5),
    patience: z.int().min(0),
    singleClass: z.enum(['refuse', 'prototype']),
    p: dropRate,
    pLast: share,
    pAlong: z.enum(['none', 'layers', 'progress']),
    mask: z.enum(['random', 'disjoint', 'magnitude', 'gradient', 'fisher']),
    group: z.enum(['element', 'row', 'block', 'head']),
    blockSize: z.int().min(1),
    rescale: z.enum(['none', 'inverse-keep']),
    merge: z.enum(['sum', 'similarity', 'importance', 'ties', 'magmax']),
    coefficient: z.number(),
    importance: z.enum(['magnitude', 'gradient', 'fisher']),
    keep: z.enum(['deltas', 'merged']),
    classifier: z.enum(['nearest-mean', 'ridge', 'linear-probe']),
    hiddenDim: z.int().min(0).max(100_000),
    ridge: z.number().min(0),
    prototypes: z.enum(['stale', 'first-task', 'drift', 'exemplars']),
    exemplars: z.int().min(1),
    threads: z.int().min(0),
  })
  .refine(
    ({ prototypes, classifier }) =>
      classifier === 'nearest-mean' || !['drift', 'exemplars'].includes(prototypes),
    {
      path: ['prototypes'],
      error: 'drift and exemplars move class means, which only classifier nearest-mean has',
    },
  )
  .refine(({ merge, keep }) => merge !== 'similarity' || keep === 'deltas', {
    path: ['merge'],
    error: 'similarity weighs each delta by all others, so keep must be deltas',
  })
  .refine(({ mask, pAlong }) => pAlong !== 'progress' || mask === 'random' || mask === 'disjoint', {
    path: ['pAlong'],
    error: 'masks during fine-tuning are drawn: mask must be random or disjoint',
  })
  .refine(({ mask, group }) => group === 'element' || mask === 'random' || mask === 'disjoint', {
    path: ['group'],
    error: 'masks by importance choose single elements: group must be element',
  });

/** Named sets of values. */
export const presets: Readonly<Record<string, Preset<SotuOptions>>> = {
  reconstruction: {
    help: 'What is published, its gaps filled from RanPAC’s recipe: linear head, SGD 0.01, 20 epochs of 48, p 0.9, sum.',
    values: {
      head: 'linear',
      headStart: 'random',
      optimizer: 'sgd',
      learningRate: 0.01,
      headLearningRate: 0.01,
      weightDecay: 0.0005,
      epochs: 20,
      batchSize: 48,
      cropScale: 0.08,
      flip: 0.5,
      p: 0.9,
    },
  },
  'task-arithmetic': {
    help: 'Whole deltas, added (Ilharco et al., ICLR 2023), λ 0.3.',
    values: { p: 0, merge: 'sum', coefficient: 0.3 },
  },
  ties: {
    help: 'The fifth of largest magnitude, signs elected (Yadav et al., NeurIPS 2023).',
    values: { mask: 'magnitude', p: 0.8, merge: 'ties' },
  },
  dare: {
    help: 'Random tenth, divided by 0.1, added (Yu et al., ICML 2024). Collapses on long streams.',
    values: { mask: 'random', p: 0.9, rescale: 'inverse-keep', merge: 'sum' },
  },
  magmax: {
    help: 'Whole deltas, the largest magnitude of each coordinate (Marczak et al., ECCV 2024), λ 0.5.',
    values: { p: 0, merge: 'magmax', coefficient: 0.5 },
  },
  disjoint: {
    help: 'Exactly orthogonal deltas as a control; p leaves room for ten tasks.',
    values: { mask: 'disjoint', p: 0.9 },
  },
};

/**
 * Whether a task can be taken out: its delta and its class means must be kept, and nothing else may follow from it but what
 * later tasks measured while it was merged.
 */
export function canUnlearn({ keep, start, prototypes, classifier }: SotuOptions): boolean {
  return (
    keep === 'deltas' &&
    start === 'theta0' &&
    classifier === 'nearest-mean' &&
    (prototypes === 'stale' || prototypes === 'exemplars')
  );
}
