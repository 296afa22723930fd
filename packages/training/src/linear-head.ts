/** A linear classifier on features: logits = h W + b, with a column a class and room for more. */
import { crossEntropy, Emitter, type Value } from '@cl/autodiff';
import {
  ClError,
  stateTensor,
  type LearnerState,
  type Matrix,
  type Random,
  type Tensor,
  type WorkOptions,
} from '@cl/hub';
import { multiply } from '@cl/linalg';
import type { OnnxGraph } from '@cl/onnx';
import { featuresName } from './image-graph.ts';

/**
 * Parameters of a head, by the names that {@link linearHead} gives its inputs: W [D, C] and b [C]. Never modified.
 */
export type LinearHead = Readonly<Record<'head.weight' | 'head.bias', Tensor<'float32'>>>;

/** The head among tensors, for instance those of a training. */
export function headOf(tensors: Readonly<Record<string, Tensor<'float32'>>>): LinearHead {
  const { 'head.weight': weight, 'head.bias': bias } = tensors;
  if (weight !== undefined && bias !== undefined) {
    return { 'head.weight': weight, 'head.bias': bias };
  }
  throw new ClError(
    'NOT_FOUND',
    `headOf: found ${Object.keys(tensors).join(', ') || 'no tensors'}, expected head.weight and head.bias. ` +
      'Train a graph that linearHead or withClassifier made.',
  );
}

/** How many columns a head has. */
export function headClasses(head: LinearHead): number {
  return head['head.bias'].dims[0]!;
}

/** A head without classes; {@link growHead} gives it some. */
export function emptyHead(featureDim: number): LinearHead {
  return {
    'head.weight': { dtype: 'float32', dims: [featureDim, 0], data: new Float32Array(0) },
    'head.bias': { dtype: 'float32', dims: [0], data: new Float32Array(0) },
  };
}

/**
 * The head with more columns: those there are keep their bits, new ones are drawn as torch's `nn.Linear` does, weights and
 * biases uniform in ±1/√D.
 *
 * @throws ClError `SHAPE_MISMATCH` for fewer classes than it has.
 */
export function growHead(head: LinearHead, classes: number, random: Random): LinearHead {
  const [featureDim, before] = head['head.weight'].dims as [number, number];
  if (classes < before) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `growHead: the head has ${before} classes and is to have ${classes}, expected at least as many. ` +
        'Classes are appended in the order in which they are first seen.',
    );
  }
  const bound = 1 / Math.sqrt(featureDim);
  const draw = (): number => (2 * random.uniform() - 1) * bound;
  const weight = new Float32Array(featureDim * classes);
  const bias = new Float32Array(classes);
  for (let c = before; c < classes; c += 1) {
    for (let d = 0; d < featureDim; d += 1) weight[d * classes + c] = draw();
    bias[c] = draw();
  }
  for (let d = 0; d < featureDim; d += 1) {
    weight.set(head['head.weight'].data.subarray(d * before, (d + 1) * before), d * classes);
  }
  bias.set(head['head.bias'].data);
  return {
    'head.weight': { dtype: 'float32', dims: [featureDim, classes], data: weight },
    'head.bias': { dtype: 'float32', dims: [classes], data: bias },
  };
}

/**
 * The head among the tensors of a state, with a column for each of its classes.
 *
 * @param learner - its name, for messages.
 * @throws ClError `CORRUPT_FILE` when a tensor is missing or of another size.
 */
export function restoreHead(learner: string, state: LearnerState, featureDim: number): LinearHead {
  const classes = state.classes.length;
  return {
    'head.weight': stateTensor(learner, state, 'head.weight', ['float32'], [featureDim, classes]),
    'head.bias': stateTensor(learner, state, 'head.bias', ['float32'], [classes]),
  };
}

/**
 * Logits h W + b of features [N, D]: float32 [N, C].
 *
 * @throws ClError `SHAPE_MISMATCH` for features of another width, `ABORTED`.
 */
export async function headLogits(
  features: Matrix<Float32Array>,
  head: LinearHead,
  { signal }: WorkOptions = {},
): Promise<Matrix<Float32Array>> {
  const [rows, cols] = head['head.weight'].dims as [number, number];
  const weight = { rows, cols, data: head['head.weight'].data };
  const logits = (await multiply(features, weight, { signal })) as Matrix<Float32Array>;
  const bias = head['head.bias'].data;
  for (let i = 0; i < logits.data.length; i += 1) logits.data[i]! += bias[i % cols]!;
  return logits;
}

/** Writes a head into a graph: inputs `head.weight` [D, C] and `head.bias` [C]; gives the logits [N, C]. */
export function linearHead(g: Emitter, features: Value, classes: number): Value {
  const weight = g.input('head.weight', 'float32', [features.dims[1]!, classes]);
  const bias = g.input('head.bias', 'float32', [classes]);
  return g.add(g.matMul(features, weight), bias);
}

/** What {@link classifierLoss} is told. */
export interface ClassifierLossOptions {
  /**
   * The columns that may be predicted, for instance those of the current task: the others’ logits count as −∞ and get no
   * gradient. All when absent. A label must be among them, else the loss is infinite.
   */
  readonly allowed?: readonly number[] | undefined;
  readonly labelSmoothing?: number | undefined;
}

/** Cross-entropy of logits [N, C] with labels int32 [N], over the allowed columns: a number. */
export function classifierLoss(
  g: Emitter,
  logits: Value,
  labels: Value,
  { allowed, labelSmoothing = 0 }: ClassifierLossOptions = {},
): Value {
  const classes = logits.dims[1]!;
  if (allowed === undefined) return crossEntropy(g, logits, labels, { labelSmoothing });
  const outside = allowed.find((column) => !(column >= 0 && column < classes));
  if (allowed.length === 0 || outside !== undefined) {
    throw new ClError(
      'UNKNOWN_CLASS',
      `classifierLoss: ${outside === undefined ? 'no column is allowed' : `column ${outside} is allowed`}, ` +
        `expected columns from 0 to ${classes - 1}. Map class ids to columns of the head.`,
    );
  }
  const data = new Uint8Array(classes);
  for (const column of allowed) data[column] = 1;
  const mask = g.constant({ dtype: 'bool', dims: [classes], data }, 'allowed');
  return crossEntropy(g, logits, labels, { allowed: mask, labelSmoothing });
}

/** The graph that passes features on, [rows, D], for a head that is trained on them alone: input and output `features`. */
export function featureGraph(rows: number, featureDim: number): OnnxGraph {
  const empty = { opset: 21, domains: {}, inputs: [], outputs: [], nodes: [] };
  const g = new Emitter({ ...empty, initializers: new Map(), types: new Map() });
  return g.build([g.input(featuresName, 'float32', [rows, featureDim])]);
}

/**
 * A graph with `features` [N, D] made into one to train: inputs `head.weight`, `head.bias` and `labels` (int32 [N]) beside its
 * own, outputs `loss` and `logits`.
 */
export function withClassifier(
  graph: OnnxGraph,
  classes: number,
  options: ClassifierLossOptions = {},
): OnnxGraph {
  const g = new Emitter(graph);
  const features = g.value(featuresName);
  const logits = g.rename(linearHead(g, features, classes), 'logits');
  const labels = g.input('labels', 'int32', [features.dims[0]!]);
  g.rename(classifierLoss(g, logits, labels, options), 'loss');
  return g.build(['loss', 'logits']);
}
