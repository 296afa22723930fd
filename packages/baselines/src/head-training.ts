/** How a linear head on frozen features is trained: gradient descent on softmax cross-entropy. */
import { adamW, cosine, Emitter, sgd, type Optimizer, type Value } from '@cl/autodiff';
import { type Matrix, type Random, type WorkOptions } from '@cl/hub';
import type { OnnxGraph } from '@cl/onnx';
import {
  classifierLoss,
  featureGraph,
  headClasses,
  headOf,
  linearHead,
  stepsOf,
  tensorSource,
  trainOnBatches,
  type LinearHead,
} from '@cl/training';
import type { HeadTraining } from './head-options.ts';

/** Features [n, D] and the column of each row's class. */
export interface LabelledRows {
  readonly features: Matrix<Float32Array>;
  readonly labels: Int32Array;
}

/** What a loss beside cross-entropy is written with. */
export interface LossParts {
  readonly g: Emitter;
  /** [n, D]. */
  readonly features: Value;
  /** W [D, C]. */
  readonly weight: Value;
  /** b [C]. */
  readonly bias: Value;
  /** [n, C]. */
  readonly logits: Value;
}

/** A training of a head. */
export interface HeadLesson extends LabelledRows {
  /** First values; not modified. */
  readonly head: LinearHead;
  /** The columns that take part in the softmax; all when absent. */
  readonly allowed?: readonly number[] | undefined;
  /** Added to the cross-entropy: a scalar. */
  readonly penalty?: ((parts: LossParts) => Value) | undefined;
}

/**
 * The head after training.
 *
 * @throws ClError `ABORTED`, `NON_FINITE` when it diverges.
 */
export async function trainHead(
  lesson: HeadLesson,
  options: HeadTraining,
  random: Random,
  work: WorkOptions,
): Promise<LinearHead> {
  const { features, labels, head } = lesson;
  const steps = stepsOf(labels.length, options);
  const dims = [features.rows, features.cols];
  const { tensors } = await trainOnBatches(
    {
      graph: (rows) => lossGraph(rows, lesson),
      loss: 'loss',
      parameters: new Map(Object.entries(head)),
      optimizer: optimizerOf(options),
      ...(options.schedule === 'cosine' ? { schedule: cosine({ steps }) } : {}),
      threads: 1, // products are small, and the bits are the same on every machine
    },
    {
      ...options,
      inputs: { features: tensorSource({ dtype: 'float32', dims, data: features.data }) },
      labels,
      random,
    },
    work,
  );
  return headOf(tensors);
}

function lossGraph(rows: number, { features, head, allowed, penalty }: HeadLesson): OnnxGraph {
  const g = new Emitter(featureGraph(rows, features.cols));
  const x = g.value('features');
  const labels = g.input('labels', 'int32', [rows]);
  const logits = linearHead(g, x, headClasses(head));
  const loss = classifierLoss(g, logits, labels, { allowed });
  const [weight, bias] = [g.value('head.weight'), g.value('head.bias')];
  const more = penalty?.({ g, features: x, weight, bias, logits });
  return g.build([g.rename(more === undefined ? loss : g.add(loss, more), 'loss')]);
}

function optimizerOf({ optimizer, learningRate, weightDecay }: HeadTraining): Optimizer {
  return optimizer === 'sgd'
    ? sgd({ learningRate, weightDecay, momentum: 0.9 })
    : adamW({ learningRate, weightDecay });
}
