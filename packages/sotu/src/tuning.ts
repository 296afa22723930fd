/** Fine-tuning on one task with a head that is thrown away: from the starting weights and the task's images to θ_t. */
import { adamW, constant, cosine, sgd, type Optimizer, type ParameterStore } from '@cl/autodiff';
import { createEvaluator, createTrainer, type Evaluator, type Trainer } from '@cl/autodiff/node';
import type { ImageRef, Matrix, Random, TrainableBackbone, WorkOptions } from '@cl/hub';
import type { OnnxGraph, OnnxTensor } from '@cl/onnx';
import {
  imageSource,
  randomResizedCrop,
  stepsOf,
  trainingBatches,
  type BatchSource,
  type ImageModel,
} from '@cl/training';
import { tensorsOf, type Weights } from './extractor.ts';
import { firstHead, withHead } from './head.ts';
import { heldOut } from './held-out.ts';
import type { SotuOptions } from './options.ts';
import type { TunedParameter } from './parameters.ts';

/** What is fine-tuned. */
export interface TuningBench {
  readonly backbone: TrainableBackbone;
  readonly model: ImageModel;
  readonly parameters: readonly TunedParameter[];
  readonly options: SotuOptions;
}

/** On what. */
export interface TuningTask {
  readonly images: readonly ImageRef[];
  /** Class of each image, from 0. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** Features of the images under the starting weights, for a head that starts from class means. */
  readonly features?: Matrix<Float32Array> | undefined;
  readonly random: Random;
  /** Called after each epoch: may move the weights in place. `progress` is in (0, 1]. */
  readonly afterEpoch?: ((weights: ParameterStore, progress: number) => void) | undefined;
}

/** What came of it. */
export interface Tuned {
  readonly weights: Weights;
  readonly head: ReadonlyMap<string, OnnxTensor>;
  /** Mean training loss of each epoch. */
  readonly losses: readonly number[];
}

/**
 * Fine-tunes.
 *
 * @param bench - backbone, parameters, options.
 * @param start - first values of the parameters; not modified.
 * @throws ClError what `Trainer.step` and the backbone's `pixels` throw: `NON_FINITE` when it diverges, `ABORTED`.
 */
export async function fineTune(
  bench: TuningBench,
  start: Weights,
  task: TuningTask,
  work: WorkOptions = {},
): Promise<Tuned> {
  const { options, parameters, model } = bench;
  const { classes, features, labels, random } = task;
  const { featureDim } = model;
  const head = firstHead({ classes, featureDim, random, features, labels }, options);
  if (options.epochs === 0) return { weights: start, head, losses: [] };
  const tensors = tensorsOf(parameters, start);
  const split = heldOut(labels, options.validationShare, random.fork('validation'));
  const trainer = createTrainer({
    graph: (rows) => lossGraph(bench, classes, rows),
    loss: 'loss',
    parameters: new Map([...tensors, ...head]),
    optimizer: optimizerOf(options),
    schedule:
      options.schedule === 'constant'
        ? constant()
        : cosine({ steps: stepsOf(split.train.length, options) }),
    classCounts: { labels: classes },
    threads: options.threads,
  });
  const validation =
    split.validation.length === 0 ? undefined : new Validation(bench, task, split.validation);
  try {
    const losses = await epochs(bench, task, { trainer, rows: split.train, validation }, work);
    const { store } = trainer;
    return {
      weights: new Map(parameters.map(({ name }) => [name, store.view(name).slice()])),
      head: new Map(
        [...head].map(([name, tensor]) => [name, { ...tensor, data: store.view(name).slice() }]),
      ),
      losses,
    };
  } finally {
    await Promise.all([trainer.dispose(), validation?.dispose()]);
  }
}

interface Course {
  readonly trainer: Trainer;
  /** Numbers of the images that are trained on. */
  readonly rows: readonly number[];
  readonly validation: Validation | undefined;
}

/** Runs the epochs; leaves the best weights in the trainer's store and gives the losses. */
async function epochs(
  { backbone, options }: TuningBench,
  { images, labels, random, afterEpoch }: TuningTask,
  { trainer, rows, validation }: Course,
  { signal, onProgress }: WorkOptions,
): Promise<readonly number[]> {
  const { batchSize, cropScale, flip, patience } = options;
  const views =
    cropScale < 1 || flip > 0 ? randomResizedCrop({ scale: [cropScale, 1], flip }) : undefined;
  const batches = trainingBatches({
    inputs: {
      pixels: imageSource(
        backbone,
        rows.map((row) => images[row]!),
        { views },
      ),
    },
    labels: rows.map((row) => labels[row]!),
    random: random.fork('batches'),
    batchSize,
    epochs: options.epochs,
    signal,
  });
  const total = stepsOf(rows.length, options);
  const losses: number[] = [];
  let sum = 0;
  let best = { loss: Infinity, epoch: 0, values: undefined as Float32Array | undefined };
  for await (const batch of batches) {
    const { loss, step } = await trainer.step(batch, { signal });
    sum += loss * batch.rows;
    onProgress?.({ phase: 'fine-tuning', done: step + 1, total });
    if ((step + 1) % (total / options.epochs) !== 0) continue;
    losses.push(sum / rows.length);
    sum = 0;
    afterEpoch?.(trainer.store, losses.length / options.epochs);
    if (patience === 0) continue;
    const seen = (await validation?.loss(trainer.store)) ?? losses.at(-1)!;
    if (seen < best.loss) {
      best = { loss: seen, epoch: losses.length, values: trainer.store.values.slice() };
    } else if (losses.length - best.epoch >= patience) break;
  }
  if (best.values !== undefined) trainer.store.values.set(best.values);
  return losses;
}

/** The graph of a loss: the image tower, and a head behind it. */
export function lossGraph(
  { model, parameters, options }: TuningBench,
  classes: number,
  rows: number,
): OnnxGraph {
  const names = parameters.map(({ name }) => name);
  return withHead(model.graph(rows, { parameters: names }), classes, options);
}

function optimizerOf(options: SotuOptions): Optimizer {
  const { optimizer, learningRate, headLearningRate, weightDecay } = options;
  const parameters = (name: string): boolean => name.startsWith('head.');
  const groups = [{ parameters, learningRate: headLearningRate }];
  return optimizer === 'sgd'
    ? sgd({ learningRate, momentum: 0.9, weightDecay, groups })
    : adamW({ learningRate, weightDecay, groups });
}

/** The loss on images that are not trained on. */
class Validation {
  readonly #source: BatchSource;
  readonly #labels: Int32Array;
  readonly #batchSize: number;
  readonly #graph: (rows: number) => OnnxGraph;
  readonly #threads: number;
  #evaluator: Evaluator | undefined;

  constructor(
    bench: TuningBench,
    { images, labels, classes }: TuningTask,
    rows: readonly number[],
  ) {
    this.#source = imageSource(
      bench.backbone,
      rows.map((row) => images[row]!),
    );
    this.#labels = Int32Array.from(rows, (row) => labels[row]!);
    this.#batchSize = bench.options.batchSize;
    this.#threads = bench.options.threads;
    this.#graph = (rowCount) => lossGraph(bench, classes, rowCount);
  }

  async loss(store: ParameterStore): Promise<number> {
    const parameters = new Map<string, OnnxTensor>(Object.entries(store.toTensors()));
    this.#evaluator ??= createEvaluator({
      graph: this.#graph,
      outputs: ['loss'],
      parameters,
      threads: this.#threads,
    });
    this.#evaluator.set(parameters);
    const { count } = this.#source;
    let sum = 0;
    for (let from = 0; from < count; from += this.#batchSize) {
      const to = Math.min(count, from + this.#batchSize);
      const rows = Array.from({ length: to - from }, (_, i) => from + i);
      const feeds = {
        pixels: await this.#source.take(rows),
        labels: { dtype: 'int32', dims: [rows.length], data: this.#labels.slice(from, to) },
      } as const;
      const { loss } = await this.#evaluator.run({ rows: rows.length, feeds });
      sum += Number(loss!.data[0]) * rows.length;
    }
    return sum / count;
  }

  async dispose(): Promise<void> {
    await this.#evaluator?.dispose();
  }
}
