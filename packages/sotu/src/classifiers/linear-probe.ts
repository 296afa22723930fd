/**
 * A softmax classifier that is trained on the features of each task alone, with the task's own classes: columns of earlier
 * tasks stay. What it forgets or confuses is what a classifier without statistics of the past costs.
 */
import { adamW } from '@cl/autodiff';
import { createTrainer } from '@cl/autodiff/node';
import {
  createRandom,
  type LearnerState,
  type Matrix,
  type Tensor,
  type WorkOptions,
} from '@cl/hub';
import { normalizeRows } from '@cl/linalg';
import {
  emptyHead,
  featureGraph,
  growHead,
  headLogits,
  restoreHead,
  tensorSource,
  trainingBatches,
  withClassifier,
  type LinearHead,
} from '@cl/training';
import type { Classifier, TaskFeatures } from './classifier.ts';

/** How it is trained: AdamW on unit features. */
export interface ProbeOptions {
  readonly featureDim: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly threads: number;
  readonly seed: number;
}

/** See the file. */
export class LinearProbe implements Classifier {
  readonly #options: ProbeOptions;
  readonly #head: LinearHead;

  constructor(options: ProbeOptions, head: LinearHead = emptyHead(options.featureDim)) {
    this.#options = options;
    this.#head = head;
  }

  /** From what {@link LinearProbe.save} gave. */
  static restore(state: LearnerState, options: ProbeOptions): LinearProbe {
    return new LinearProbe(options, restoreHead('sotu', state, options.featureDim));
  }

  async learn(
    { task, features, labels, classes }: TaskFeatures,
    { signal, onProgress }: WorkOptions = {},
  ): Promise<LinearProbe> {
    const { seed, batchSize, learningRate, threads } = this.#options;
    const random = createRandom(seed).fork(`probe of task ${task}`);
    const epochs = Math.max(1, this.#options.epochs);
    const grown = growHead(this.#head, classes, random.fork('head'));
    const { rows, cols, data } = normalizeRows(features);
    const trainer = createTrainer({
      graph: (count) =>
        withClassifier(featureGraph(count, cols), classes, { allowed: [...new Set(labels)] }),
      loss: 'loss',
      parameters: new Map<string, Tensor<'float32'>>(Object.entries(grown)),
      optimizer: adamW({ learningRate, weightDecay: 0 }),
      classCounts: { labels: classes },
      threads,
    });
    try {
      const batches = trainingBatches({
        inputs: { features: tensorSource({ dtype: 'float32', dims: [rows, cols], data }) },
        labels,
        random,
        batchSize,
        epochs,
        signal,
      });
      const total = epochs * Math.ceil(rows / batchSize);
      await trainer.train(batches, { signal, onProgress, total });
      return new LinearProbe(this.#options, trainer.store.toTensors() as unknown as LinearHead);
    } finally {
      await trainer.dispose();
    }
  }

  async scores(features: Matrix<Float32Array>, signal?: AbortSignal): Promise<Matrix> {
    return headLogits(normalizeRows(features), this.#head, { signal });
  }

  save(): Record<string, Tensor> {
    return { ...this.#head };
  }
}
