/** The options of VQ-Prompt, their defaults and the paper's. */
import type { Preset } from '@cl/hub';
import { z } from 'zod';

/** What can be chosen. Numbers 1 to 15 in comments are the places where paper and code differ: README.md, "Paper and code". */
export interface VqPromptOptions {
  readonly prompt: 'quantized' | 'soft';
  readonly layers: readonly number[];
  readonly poolSize: number;
  readonly promptLength: number;
  readonly initialScale: number;
  readonly temperature: number;
  readonly normalizeQuery: boolean;
  readonly projection: 'after' | 'before';
  readonly epochs: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly learningRate: number;
  readonly promptRateFactor: number;
  readonly schedule: 'cosine' | 'code' | 'epoch-cosine';
  readonly frozenSteps: number;
  readonly scheduleStepsPerEpoch: number;
  readonly codebookWeight: number;
  readonly commitmentWeight: number;
  readonly lossMapping: 'code' | 'paper';
  readonly lossReduction: 'mean' | 'sum';
  readonly balanceWeight: number;
  readonly reviveUnused: boolean;
  readonly augmentation: 'none' | 'crop';
  readonly classifierStage: boolean;
  readonly classifierEpochs: number;
  readonly classifierSamples: number;
  readonly classifierLearningRate: number;
  readonly classifierFinalRate: number;
  readonly classifierWeightDecay: number;
  readonly classifierBatches: 'all' | 'old-classes';
  readonly statisticsView: 'whole' | 'augmented';
  readonly addedVariance: number;
  readonly microBatchSize: number;
  readonly recompute: 'none' | 'blocks';
  readonly memoryMegabytes: number;
  readonly threads: number;
}

/** For a small machine and a few hundred images an experience; README.md says how they were chosen. */
export const defaults: VqPromptOptions = {
  prompt: 'quantized',
  layers: [0, 1, 2, 3, 4],
  poolSize: 10,
  promptLength: 8,
  initialScale: 0.02,
  temperature: 1,
  normalizeQuery: false,
  projection: 'after',
  epochs: 6,
  batchSize: 32,
  dropLast: true,
  learningRate: 0.0025,
  promptRateFactor: 1,
  schedule: 'cosine',
  frozenSteps: 0,
  scheduleStepsPerEpoch: 0,
  codebookWeight: 0.4,
  commitmentWeight: 0.1,
  lossMapping: 'code',
  lossReduction: 'mean',
  balanceWeight: 0,
  reviveUnused: false,
  augmentation: 'none',
  classifierStage: true,
  classifierEpochs: 3,
  classifierSamples: 64,
  classifierLearningRate: 0.003,
  classifierFinalRate: 1e-4,
  classifierWeightDecay: 5e-4,
  classifierBatches: 'all',
  statisticsView: 'whole',
  addedVariance: 1,
  microBatchSize: 0,
  recompute: 'none',
  memoryMegabytes: 512,
  threads: 0,
};

/** One sentence an option. */
export const help: Readonly<Record<keyof VqPromptOptions, string>> = {
  prompt:
    'quantized: the pool’s entry nearest to the soft prompt; soft: the soft prompt itself (a variant of the paper).',
  layers: 'Attention layers with a pool of prompts, from 0.',
  poolSize: 'N: prompts in the pool of a layer.',
  promptLength: 'Lp: tokens of a prompt; half of them go before the keys, half before the values.',
  initialScale: 'Prompts start uniform in [0, initialScale); the authors’ code has 1.',
  temperature: 'τ: scores are divided by it before the softmax.',
  normalizeQuery: 'Scores are cosines: the query is scaled to unit length too, not the keys only.',
  projection:
    'Prompts are keys and values themselves (after the projections, the authors’ code) or pass through W_K and W_V (before, the paper).',
  epochs: 'Stage 1: passes over an experience.',
  batchSize: 'Stage 1: images of a step.',
  dropLast: 'Stage 1 leaves out the last batch of an epoch when it is smaller.',
  learningRate: 'Stage 1: rate of the classifier.',
  promptRateFactor: 'Stage 1: prompts and keys learn at so many times that rate.',
  schedule:
    'cosine: over all steps, after frozenSteps; code: as the authors’ code runs it for CIFAR-100 and ImageNet-R; epoch-cosine: as for CUB.',
  frozenSteps: 'F: steps of an experience at a rate of 1e-6 before the cosine starts.',
  scheduleStepsPerEpoch:
    'Steps of an epoch that the schedule `code` believes in; 0: those there are.',
  codebookWeight: 'λ_q of the paper; see lossMapping.',
  commitmentWeight: 'λ_c of the paper; see lossMapping.',
  lossMapping:
    'paper: codebookWeight belongs to the codebook loss; code: to the commitment loss, and commitmentWeight to the codebook loss.',
  lossReduction:
    'Squares are averaged over a batch’s prompts (mean), or summed over tokens and channels as the norm in the paper (sum).',
  balanceWeight:
    'Weight of a loss against unbalanced use: how far the batch’s mean scores are from an even share.',
  reviveUnused:
    'Entries that no image of the last experience chose start the next one as noisy copies of the entry most chosen.',
  augmentation:
    'crop: each step sees a random part of an image, mirrored half of the time, and the query is computed for it; none: queries are computed once.',
  classifierStage: 'Stage 2: the classifier is trained again on features drawn for all classes.',
  classifierEpochs: 'Stage 2: passes.',
  classifierSamples: 'Stage 2: features drawn for a class in each pass, and of a step.',
  classifierLearningRate: 'Stage 2: first rate.',
  classifierFinalRate: 'Stage 2: last rate of the cosine.',
  classifierWeightDecay: 'Stage 2: weight decay.',
  classifierBatches:
    'Stage 2 takes all batches of a pass, or as many as there are old classes (the authors’ code).',
  statisticsView:
    'Means and variances are those of whole images, or of augmented ones (the authors’ code; with augmentation crop).',
  addedVariance: 'Stage 2: added to the variance of each feature.',
  microBatchSize:
    'Stage 1: images of one run; a step takes several runs, for less memory at the same result. 0: a step is one run.',
  recompute:
    'Stage 1: blocks are run again for their gradients instead of being kept, for less memory and a third more time.',
  memoryMegabytes:
    'Embeddings of training images are kept up to this size; others are computed again when needed.',
  threads: 'Threads of a matrix product; 0: as many as there are cores.',
};

const rate = z.number().min(0).max(10);
const weight = z.number().min(0).max(1e6);

/** Types and ranges. */
export const schema: z.ZodType<VqPromptOptions> = z
  .object({
    prompt: z.enum(['quantized', 'soft']),
    layers: z.array(z.int().min(0).max(1000)).min(1).readonly(),
    poolSize: z.int().min(1).max(100_000),
    promptLength: z.int().min(0).max(10_000),
    initialScale: z.number().min(0).max(1e3),
    temperature: z.number().positive().max(1e6),
    normalizeQuery: z.boolean(),
    projection: z.enum(['after', 'before']),
    epochs: z.int().min(1).max(10_000),
    batchSize: z.int().min(1).max(10_000),
    dropLast: z.boolean(),
    learningRate: rate,
    promptRateFactor: z.number().min(0).max(1e6),
    schedule: z.enum(['cosine', 'code', 'epoch-cosine']),
    frozenSteps: z.int().min(0).max(1e9),
    scheduleStepsPerEpoch: z.int().min(0).max(1e9),
    codebookWeight: weight,
    commitmentWeight: weight,
    lossMapping: z.enum(['code', 'paper']),
    lossReduction: z.enum(['mean', 'sum']),
    balanceWeight: weight,
    reviveUnused: z.boolean(),
    augmentation: z.enum(['none', 'crop']),
    classifierStage: z.boolean(),
    classifierEpochs: z.int().min(1).max(10_000),
    classifierSamples: z.int().min(1).max(100_000),
    classifierLearningRate: rate,
    classifierFinalRate: rate,
    classifierWeightDecay: z.number().min(0).max(1),
    classifierBatches: z.enum(['all', 'old-classes']),
    statisticsView: z.enum(['whole', 'augmented']),
    addedVariance: weight,
    microBatchSize: z.int().min(0).max(10_000),
    recompute: z.enum(['none', 'blocks']),
    memoryMegabytes: z.number().min(0).max(1e6),
    threads: z.int().min(0).max(1024),
  })
  .refine(({ layers }) => new Set(layers).size === layers.length, {
    path: ['layers'],
    message: 'a layer is named twice; name each once',
  })
  .refine(({ promptLength }) => promptLength % 2 === 0, {
    path: ['promptLength'],
    message: 'is odd; half of the tokens go before the keys, half before the values',
  })
  .refine(({ microBatchSize, balanceWeight }) => microBatchSize === 0 || balanceWeight === 0, {
    path: ['microBatchSize'],
    message: 'balanceWeight is of scores over a whole batch; leave one of the two at 0',
  })
  .refine(({ schedule, epochs }) => schedule !== 'epoch-cosine' || epochs >= 2, {
    path: ['epochs'],
    message: 'the schedule epoch-cosine needs at least 2',
  })
  .refine(
    ({ statisticsView, augmentation }) => statisticsView === 'whole' || augmentation === 'crop',
    {
      path: ['statisticsView'],
      message: 'augmented needs augmentation crop',
    },
  );

/** What the authors' configurations share (their code at commit 63e0220). */
const authors: Partial<VqPromptOptions> = {
  layers: [0, 1, 2, 3, 4],
  poolSize: 10,
  promptLength: 8,
  initialScale: 1,
  temperature: 1,
  epochs: 20,
  batchSize: 128,
  dropLast: true,
  learningRate: 0.0025,
  promptRateFactor: 5,
  codebookWeight: 0.4,
  commitmentWeight: 0.1,
  lossMapping: 'code',
  augmentation: 'crop',
  classifierStage: true,
  classifierEpochs: 10,
  classifierSamples: 512,
  classifierLearningRate: 1e-5,
  classifierFinalRate: 1e-6,
  classifierWeightDecay: 5e-4,
  classifierBatches: 'old-classes',
  statisticsView: 'augmented',
  addedVariance: 1e-4,
};

/** Named sets of values. */
export const presets: Readonly<Record<string, Preset<VqPromptOptions>>> = {
  cifar100: {
    help: 'The authors’ code for 10-task CIFAR-100: augmented, 20 epochs of batches of 128.',
    values: { ...authors, schedule: 'code', frozenSteps: 80, scheduleStepsPerEpoch: 40 },
  },
  'imagenet-r': {
    help: 'The authors’ code for 10-task ImageNet-R: batches of 64.',
    values: {
      ...authors,
      batchSize: 64,
      classifierSamples: 256,
      schedule: 'code',
      frozenSteps: 40,
      scheduleStepsPerEpoch: 40,
    },
  },
  cub: {
    help: 'The authors’ code for CUB-200: temperature 5, a cosine by epochs.',
    values: { ...authors, temperature: 5, classifierSamples: 256, schedule: 'epoch-cosine' },
  },
  paper: {
    help: 'What the paper says where its code does something else: prompts before the projections, its loss weights, cosine scores.',
    values: {
      ...authors,
      promptRateFactor: 1,
      schedule: 'cosine',
      lossMapping: 'paper',
      projection: 'before',
      normalizeQuery: true,
      classifierBatches: 'all',
      statisticsView: 'whole',
    },
  },
  soft: { help: 'Without quantisation: the soft prompt.', values: { prompt: 'soft' } },
  'single-stage': { help: 'VQ-Prompt-S: without stage 2.', values: { classifierStage: false } },
  balanced: {
    help: 'Against unbalanced use: a loss, and unused prompts revived.',
    values: { balanceWeight: 0.1, reviveUnused: true },
  },
};
