/** Stage 1: prompts, keys and classifier learn an experience through the frozen backbone (papers: §3.3, eq. 9). */
import {
  adamW,
  cosine,
  frozen,
  vqPromptCosine,
  vqPromptEpochCosine,
  type Schedule,
} from '@cl/autodiff';
import { createTrainer, splitBatch, type Batch } from '@cl/autodiff/node';
import type { Random, Tensor, TrainableBackbone, WorkOptions, Lesson } from '@cl/hub';
import {
  imageSource,
  randomResizedCrop,
  stepsOf,
  stepsPerEpoch,
  tensorSource,
  trainingBatches,
  type BatchSource,
  type LinearHead,
  type TrainingBatch,
} from '@cl/training';
import { embeddingName } from './cut.ts';
import type { Encoder } from './encoder.ts';
import type { VqPromptOptions } from './options.ts';
import { poolTensors, poolsFrom, sizesOf, type Pool } from './pools.ts';
import { queryName, type LossWeights, type PromptedModel } from './prompted-model.ts';

/** The lowest rate of the authors' schedules. */
const floor = 1e-6;

/** What stage 1 starts from. */
export interface StageOneInputs {
  readonly model: PromptedModel;
  readonly encoder: Encoder;
  readonly backbone: TrainableBackbone;
  readonly options: VqPromptOptions;
  readonly lesson: Lesson;
  /** Frozen features of the lesson's images [N, Dq]. */
  readonly query: Tensor<'float32'>;
  readonly embeddings: BatchSource;
  readonly pools: readonly Pool[];
  readonly protect: ReadonlyMap<number, readonly number[]>;
  /** With columns for all classes of the lesson. */
  readonly head: LinearHead;
  /** Columns that compete. */
  readonly allowed: readonly number[];
  readonly random: Random;
}

/** What was trained. */
export interface Prompted {
  readonly pools: readonly Pool[];
  readonly head: LinearHead;
}

/**
 * Trains on a lesson with an optimiser of its own.
 *
 * @throws ClError `NON_FINITE` at the step whose loss is none, `ABORTED`; nothing is changed then.
 */
export async function trainPrompts(inputs: StageOneInputs, work: WorkOptions): Promise<Prompted> {
  const { model, options, lesson, pools, head, allowed, protect } = inputs;
  const sizes = sizesOf(pools);
  const classes = head['head.bias'].dims[0]!;
  const weights = lossWeights(options, model.width);
  const steps = stepsOf(lesson.images.length, options);
  const rowsOfRun = options.microBatchSize || options.batchSize;
  const trainer = createTrainer({
    graph: (rows) => model.training(rows, sizes, { classes, allowed, weights, protect }),
    loss: 'loss',
    parameters: new Map<string, Tensor<'float32'>>([
      ...poolTensors(pools),
      ...Object.entries(head),
    ]),
    optimizer: adamW({
      learningRate: options.learningRate,
      weightDecay: 0,
      groups: [
        {
          parameters: (name) => !name.startsWith('head.'),
          learningRate: options.learningRate * options.promptRateFactor,
        },
      ],
    }),
    schedule: scheduleOf(options, steps, stepsPerEpoch(lesson.images.length, options)),
    classCounts: { labels: classes },
    recompute: options.recompute === 'none' ? 'none' : model.checkpoints(rowsOfRun),
    threads: options.threads,
  });
  try {
    let done = 0;
    for await (const batch of batchesOf(inputs, work)) {
      await trainer.step(splitBatch(batch, rowsOfRun), { signal: work.signal });
      done += 1;
      work.onProgress?.({ phase: 'prompts', done, total: steps });
    }
    const trained = trainer.store.toTensors();
    return {
      pools: poolsFrom(options.layers, trained),
      head: { 'head.weight': trained['head.weight']!, 'head.bias': trained['head.bias']! },
    };
  } finally {
    await trainer.dispose();
  }
}

/**
 * λ_q and λ_c as factors of means of squares. The authors' code gives 0.4 to the expression that the paper calls commitment
 * and 0.1 to the codebook's; a sum over tokens and channels is Lp·D times the mean.
 */
export function lossWeights(
  options: Pick<
    VqPromptOptions,
    | 'codebookWeight'
    | 'commitmentWeight'
    | 'lossMapping'
    | 'lossReduction'
    | 'promptLength'
    | 'balanceWeight'
  >,
  width: number,
): LossWeights {
  const { codebookWeight, commitmentWeight, lossMapping, lossReduction, promptLength } = options;
  const swapped = lossMapping === 'code';
  const scale = lossReduction === 'sum' ? promptLength * width : 1;
  return {
    codebook: scale * (swapped ? commitmentWeight : codebookWeight),
    commitment: scale * (swapped ? codebookWeight : commitmentWeight),
    balance: options.balanceWeight,
  };
}

/** The rate over the steps of an experience. */
export function scheduleOf(
  options: Pick<VqPromptOptions, 'schedule' | 'frozenSteps' | 'scheduleStepsPerEpoch' | 'epochs'>,
  steps: number,
  perEpoch: number,
): Schedule {
  const { schedule, frozenSteps, scheduleStepsPerEpoch, epochs } = options;
  if (schedule === 'epoch-cosine') return vqPromptEpochCosine({ epochs, stepsPerEpoch: perEpoch });
  if (schedule === 'code') {
    const totalSteps = (scheduleStepsPerEpoch || perEpoch) * epochs;
    return vqPromptCosine({
      frozenSteps,
      totalSteps: Math.max(totalSteps, frozenSteps + 1),
      floor,
    });
  }
  const falling = cosine({ steps: Math.max(1, steps - frozenSteps), floor });
  return frozenSteps === 0 ? falling : frozen({ steps: frozenSteps, rate: floor }, falling);
}

/** Batches with embeddings and queries: looked up, or of views that are drawn for each step. */
async function* batchesOf(
  { backbone, encoder, options, lesson, query, embeddings, random }: StageOneInputs,
  work: WorkOptions,
): AsyncGenerator<Batch> {
  const common = { ...options, labels: lesson.labels, random, signal: work.signal };
  if (options.augmentation === 'none') {
    const inputs = { [embeddingName]: embeddings, [queryName]: tensorSource(query) };
    yield* trainingBatches({ ...common, inputs });
    return;
  }
  const pixels = imageSource(backbone, lesson.images, { views: randomResizedCrop() });
  for await (const batch of trainingBatches({ ...common, inputs: { pixels } })) {
    yield await ofViews(encoder, batch, work);
  }
}

/** A batch of pixels as one of embeddings and queries. */
async function ofViews(encoder: Encoder, batch: TrainingBatch, work: WorkOptions): Promise<Batch> {
  const { pixels, ...rest } = batch.feeds;
  const embeddings = await encoder.embedPixels(pixels!, work);
  const query = await encoder.query(embeddings, work);
  return { rows: batch.rows, feeds: { ...rest, [embeddingName]: embeddings, [queryName]: query } };
}
