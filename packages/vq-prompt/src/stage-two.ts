/**
 * Stage 2, classifier bias mitigation (papers: §3.4, after HiDe-Prompt): the classifier alone is trained again, over all
 * classes, on features drawn from a normal distribution for each class.
 */
import { adamW, cosine } from '@cl/autodiff';
import { createTrainer, type Batch } from '@cl/autodiff/node';
import { throwIfAborted, type Random, type Tensor, type WorkOptions } from '@cl/hub';
import { featureGraph, withClassifier, type ClassStatistics, type LinearHead } from '@cl/training';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { VqPromptOptions } from './options.ts';

/** What stage 2 works with. */
export interface StageTwoInputs {
  readonly options: VqPromptOptions;
  readonly head: LinearHead;
  readonly statistics: ClassStatistics;
  /** Classes that were seen before the current experience. */
  readonly oldClasses: number;
  readonly random: Random;
}

/**
 * The head after stage 2; the one given stays as it is.
 *
 * @throws ClError `NON_FINITE`, `ABORTED`.
 */
export async function trainClassifier(
  { options, head, statistics, oldClasses, random }: StageTwoInputs,
  work: WorkOptions,
): Promise<LinearHead> {
  const classes = statistics.classes;
  const { classifierEpochs: epochs, classifierSamples: rows, classifierBatches } = options;
  const perEpoch = classifierBatches === 'all' ? classes : Math.min(classes, oldClasses);
  const steps = epochs * perEpoch;
  const trainer = createTrainer({
    graph: (count) => withClassifier(featureGraph(count, statistics.featureDim), classes),
    loss: 'loss',
    parameters: new Map<string, Tensor<'float32'>>(Object.entries(head)),
    optimizer: adamW({
      learningRate: options.classifierLearningRate,
      weightDecay: options.classifierWeightDecay,
    }),
    schedule: cosine({ steps, floor: options.classifierFinalRate }),
    classCounts: { labels: classes },
    threads: options.threads,
  });
  try {
    for (let epoch = 0; epoch < epochs; epoch += 1) {
      const own = random.fork(`epoch/${epoch}`);
      const drawn = await drawFeatures(statistics, rows, options.addedVariance, own, work);
      const order = own.fork('order').permutation(drawn.labels.length);
      for (let step = 0; step < perEpoch; step += 1) {
        const batch = pick(drawn, order.slice(step * rows, (step + 1) * rows));
        await trainer.step(batch, { signal: work.signal });
        work.onProgress?.({ phase: 'classifier', done: epoch * perEpoch + step + 1, total: steps });
      }
    }
    const trained = trainer.store.toTensors();
    return { 'head.weight': trained['head.weight']!, 'head.bias': trained['head.bias']! };
  } finally {
    await trainer.dispose();
  }
}

interface Drawn {
  readonly width: number;
  /** [C · rows, width]. */
  readonly features: Float32Array;
  readonly labels: Int32Array;
}

/** So many features of each class, class by class. */
async function drawFeatures(
  statistics: ClassStatistics,
  rows: number,
  addedVariance: number,
  random: Random,
  { signal }: WorkOptions,
): Promise<Drawn> {
  const { classes, featureDim: width } = statistics;
  const features = new Float32Array(classes * rows * width);
  const labels = new Int32Array(classes * rows);
  for (let c = 0; c < classes; c += 1) {
    const { data } = statistics.sample(c, rows, random.fork(`class/${c}`), { addedVariance });
    features.set(data, c * rows * width);
    labels.fill(c, c * rows, (c + 1) * rows);
    if (c % 16 === 0) await nextTurn();
    throwIfAborted('vq-prompt', signal);
  }
  return { width, features, labels };
}

function pick({ width, features, labels }: Drawn, rows: readonly number[]): Batch {
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    data.set(features.subarray(row * width, (row + 1) * width), i * width);
  });
  const own = Int32Array.from(rows, (row) => labels[row]!);
  return {
    rows: rows.length,
    feeds: {
      features: { dtype: 'float32', dims: [rows.length, width], data },
      labels: { dtype: 'int32', dims: [rows.length], data: own },
    },
  };
}
