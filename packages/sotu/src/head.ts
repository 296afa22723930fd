/** The temporary head of a task: a classifier on the features whose loss moves the backbone. */
import { crossEntropy, Emitter } from '@cl/autodiff';
import type { Matrix, Random } from '@cl/hub';
import type { OnnxGraph, OnnxTensor } from '@cl/onnx';
import { emptyHead, growHead, withClassifier } from '@cl/training';
import type { SotuOptions } from './options.ts';

/** How a head looks. */
export type HeadOptions = Pick<SotuOptions, 'head' | 'headStart' | 'headScale'>;

/**
 * A graph with `features` [N, D] made into one to train: further inputs `labels` (int32 [N]) and those of {@link firstHead},
 * output `loss`. A linear head has logits W h + b; a cosine one s · cos(h, w_c), for each class c.
 */
export function withHead(
  graph: OnnxGraph,
  classes: number,
  { head, headScale }: HeadOptions,
): OnnxGraph {
  if (head === 'linear') return withClassifier(graph, classes);
  const g = new Emitter(graph);
  const features = g.value('features'); // [N, D]
  const [n, dim] = features.dims as [number, number];
  const weight = g.input('head.weight', 'float32', [dim, classes]);
  const length = (x: typeof features, axis: number) => g.sqrt(g.sumOver(g.mul(x, x), [axis]));
  const unit = g.div(features, length(features, -1)); // rows
  const directions = g.div(weight, length(weight, 0)); // columns
  const logits = g.mul(g.matMul(unit, directions), headScale); // [N, C]
  g.rename(crossEntropy(g, logits, g.input('labels', 'int32', [n])), 'loss');
  return g.build(['loss']);
}

/** Where a head starts. */
export interface HeadStart {
  readonly classes: number;
  readonly featureDim: number;
  readonly random: Random;
  /** Features of the task's images under the starting weights, for a start from class means. */
  readonly features?: Matrix<Float32Array> | undefined;
  /** Class of each image, from 0. */
  readonly labels: ArrayLike<number>;
}

/**
 * The head's first parameters: drawn as torch's `nn.Linear`, or columns along the mean direction of each class, so long that
 * an image of the usual length gets s · cos.
 */
export function firstHead(start: HeadStart, options: HeadOptions): Map<string, OnnxTensor> {
  const { classes, featureDim, random, features, labels } = start;
  const drawn = growHead(emptyHead(featureDim), classes, random);
  const weight = drawn['head.weight'].data.slice();
  const bias = drawn['head.bias'].data.slice();
  if (features !== undefined) {
    setToMeans(weight, classes, features, labels, options);
    bias.fill(0);
  }
  const parameters = new Map<string, OnnxTensor>([
    ['head.weight', { dtype: 'float32', dims: [featureDim, classes], data: weight }],
  ]);
  if (options.head === 'linear') {
    parameters.set('head.bias', { dtype: 'float32', dims: [classes], data: bias });
  }
  return parameters;
}

function setToMeans(
  weight: Float32Array,
  classes: number,
  { rows, cols, data }: Matrix<Float32Array>,
  labels: ArrayLike<number>,
  { head, headScale }: HeadOptions,
): void {
  const sums = new Float64Array(cols * classes); // as the weight: [D, C]
  let lengths = 0;
  for (let i = 0; i < rows; i += 1) {
    let square = 0;
    for (let d = 0; d < cols; d += 1) square += data[i * cols + d]! ** 2;
    const length = Math.sqrt(square);
    lengths += length;
    for (let d = 0; d < cols; d += 1)
      sums[d * classes + labels[i]!]! += data[i * cols + d]! / length;
  }
  const scale = head === 'linear' ? (headScale * rows) / lengths : 1;
  for (let c = 0; c < classes; c += 1) {
    let square = 0;
    for (let d = 0; d < cols; d += 1) square += sums[d * classes + c]! ** 2;
    if (square === 0) continue; // opposite images cancel: the drawn column is as good
    for (let d = 0; d < cols; d += 1) {
      weight[d * classes + c] = (scale * sums[d * classes + c]!) / Math.sqrt(square);
    }
  }
}
