/** How methods that train through the backbone are trained on an experience, and the loss that they share. */
import { adamW, cosine, Emitter } from '@cl/autodiff';
import { createTrainer } from '@cl/autodiff/node';
import { throwIfAborted, type Lesson, type Random, type Tensor, type WorkOptions } from '@cl/hub';
import type { OnnxGraph } from '@cl/onnx';
import {
  classifierLoss,
  headClasses,
  linearHead,
  stepsOf,
  trainingBatches,
  type BatchSource,
  type LinearHead,
} from '@cl/training';
import type { LogitChoice, TowerTraining } from './tower-options.ts';

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor<'float32'>>>;

/** The name of a loss beside cross-entropy, a scalar that a graph may have among its outputs. */
export const penaltyName = 'penalty';

/** A training of a tower. */
export interface TowerLesson {
  /** Inputs but the parameters, `features` [rows, D] among the outputs, maybe {@link penaltyName}. */
  readonly graph: (rows: number) => OnnxGraph;
  /** First values of what is trained besides the head; not modified. */
  readonly tensors: Tensors;
  readonly head: LinearHead;
  readonly inputs: Readonly<Record<string, BatchSource>>;
  readonly labels: Int32Array;
  /** Columns that take part in the softmax; all when absent. */
  readonly allowed?: readonly number[] | undefined;
}

/**
 * Parameters and head after training.
 *
 * @throws ClError `ABORTED`, `NON_FINITE` when it diverges; what reading the images throws.
 */
export async function trainTower(
  where: string,
  lesson: TowerLesson,
  options: TowerTraining,
  random: Random,
  work: WorkOptions,
): Promise<{ readonly tensors: Tensors; readonly head: LinearHead }> {
  const { inputs, labels, tensors, head } = lesson;
  const steps = stepsOf(labels.length, options);
  const { learningRate, headLearningRate, weightDecay, threads } = options;
  const isHead = (parameter: string): boolean => parameter.startsWith('head.');
  const trainer = createTrainer({
    graph: (rows) => lossGraph(rows, lesson),
    loss: 'loss',
    parameters: new Map<string, Tensor<'float32'>>([
      ...Object.entries(tensors),
      ...Object.entries(head),
    ]),
    optimizer: adamW({
      learningRate,
      weightDecay,
      groups: [{ parameters: isHead, learningRate: headLearningRate }],
    }),
    schedule: cosine({ steps }),
    threads,
  });
  try {
    const batches = trainingBatches({ ...options, inputs, labels, random, signal: work.signal });
    await trainer.train(batches, { ...work, total: steps });
    throwIfAborted(where, work.signal);
    const trained = trainer.store.toTensors();
    const { 'head.weight': weight, 'head.bias': bias, ...rest } = trained;
    return { tensors: rest, head: { 'head.weight': weight!, 'head.bias': bias! } };
  } finally {
    await trainer.dispose();
  }
}

/** Cross-entropy of a head on the features, plus the penalty where there is one. */
function lossGraph(rows: number, { graph, head, allowed }: TowerLesson): OnnxGraph {
  const tower = graph(rows);
  const g = new Emitter(tower);
  const logits = linearHead(g, g.value('features'), headClasses(head));
  const labels = g.input('labels', 'int32', [rows]);
  const loss = classifierLoss(g, logits, labels, { allowed });
  const whole = tower.outputs.includes(penaltyName) ? g.add(loss, g.value(penaltyName)) : loss;
  return g.build([g.rename(whole, 'loss')]);
}

/** The columns of a choice. */
export function allowedOf(logits: LogitChoice, { current }: Lesson): readonly number[] | undefined {
  return logits === 'current' ? current : undefined;
}
