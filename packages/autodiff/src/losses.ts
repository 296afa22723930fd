/** Losses, written into a graph with an {@link Emitter}: each gives one number, the mean over its rows. */
import { ClError } from '@cl/hub';
import type { ElementType } from '@cl/onnx';
import { allAxes, sizeOf } from './dims.ts';
import type { Emitter, Operand } from './emitter.ts';
import type { Value } from './graph-writer.ts';

/** How {@link crossEntropy} treats classes. */
export interface CrossEntropyOptions {
  /**
   * bool [C] or [N, C]: the classes that may be predicted; the logits of others count as −∞, and no gradient reaches
   * them. A label must be allowed, else the loss is infinite.
   */
  readonly allowed?: Value;
  /** ε: the target is 1 − ε for the label and ε spread evenly over all allowed classes; 0 when absent. */
  readonly labelSmoothing?: number;
}

/**
 * Cross-entropy of softmax(logits) with labels:
 *
 *   L = 1/N Σₙ ( −(1 − ε) ln p[n, yₙ] − ε/K Σ_c ln p[n, c] ),  K the number of (allowed) classes.
 *
 * @param g - writes it.
 * @param logits - [N, C].
 * @param labels - int64 or int32 [N], each in [0, C): not checked by the graph. WebGPU compares int32 only.
 * @param options - masked classes, smoothing.
 * @throws ClError `SHAPE_MISMATCH`; `INVALID_OPTION` for a smoothing outside [0, 1).
 */
export function crossEntropy(
  g: Emitter,
  logits: Value,
  labels: Value,
  options: CrossEntropyOptions = {},
): Value {
  const { allowed, labelSmoothing = 0 } = options;
  const [n, classes] = matrix('crossEntropy', logits);
  if (labels.dims.length !== 1 || labels.dims[0] !== n) {
    throw mismatch(
      'crossEntropy',
      `labels [${labels.dims.join(', ')}]`,
      `[${n}], one a row of the logits`,
    );
  }
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new ClError(
      'INVALID_OPTION',
      `crossEntropy: labelSmoothing is ${labelSmoothing}, expected a number in [0, 1). 0.1 is usual, 0 is none.`,
    );
  }
  const scores = allowed === undefined ? logits : g.where(allowed, logits, -Infinity);
  const logp = logProbabilities(g, scores, 1); // [N, C]
  const isLabel = g.equal(g.reshape(labels, [n, 1]), range(g, classes, labels.elementType)); // [N, C]
  const likelihood = g.sumAll(g.where(isLabel, logp, 0));
  const plain = g.mul(likelihood, -1 / n);
  if (labelSmoothing === 0) return plain;
  const [all, count] =
    allowed === undefined
      ? [g.sumOver(logp, [1]), classes]
      : [
          g.sumOver(g.where(allowed, logp, 0), [1]),
          g.sumOver(g.cast(allowed, logits.elementType), [-1]),
        ];
  const uniform = g.mul(g.sumAll(g.div(all, count)), -1 / n);
  return g.add(g.mul(plain, 1 - labelSmoothing), g.mul(uniform, labelSmoothing));
}

/** Mean of (prediction − target)² over all elements; a target that broadcasts will do. */
export function meanSquaredError(g: Emitter, prediction: Value, target: Operand): Value {
  const error = g.sub(prediction, target);
  return mean(g, g.mul(error, error));
}

/** Mean of 1 − cos(aₙ, bₙ) over rows [N, D]; no row may be zero. */
export function cosineLoss(g: Emitter, a: Value, b: Value): Value {
  const [n] = matrix('cosineLoss', a);
  const cosines = g.mul(unitRows(g, a), unitRows(g, b));
  return g.sub(1, g.mul(g.sumAll(cosines), 1 / n));
}

/**
 * CLIP's symmetric contrastive loss (Radford et al., ICML 2021, figure 3): image n belongs to text n and to no other,
 *
 *   S = scale · Î T̂ᵀ,  L = −1/2N Σₙ ( ln softmax(S, rows)[n, n] + ln softmax(S, columns)[n, n] ).
 *
 * @param g - writes it.
 * @param images - [N, D], normalised here; no row may be zero.
 * @param texts - [N, D].
 * @param scale - the factor itself, exp(logit_scale).
 */
export function contrastiveLoss(g: Emitter, images: Value, texts: Value, scale: Operand): Value {
  const [n] = matrix('contrastiveLoss', images);
  const scores = g.mul(g.matMul(unitRows(g, images), g.swap(unitRows(g, texts))), scale); // [N, N]
  const own = g.equal(g.reshape(range(g, n, 'int32'), [n, 1]), range(g, n, 'int32'));
  const both = g.add(logProbabilities(g, scores, 0), logProbabilities(g, scores, 1));
  return g.mul(g.sumAll(g.where(own, both, 0)), -0.5 / n);
}

/** Rows divided by their Euclidean length. */
function unitRows(g: Emitter, x: Value): Value {
  return g.div(x, g.sqrt(g.sumOver(g.mul(x, x), [-1])));
}

/** The mean over all elements: a scalar. */
function mean(g: Emitter, x: Value): Value {
  return g.mul(g.sumOver(x, allAxes(x.dims.length), 'squeeze'), 1 / sizeOf(x.dims));
}

/**
 * ln softmax(x) along an axis: x − s − ln Σ e^(x − s), which is the same for every shift s. One near the maximum keeps
 * the exponentials small, and a rounded one passes no gradient on. Written out because onnxruntime has no `LogSoftmax`
 * for WebGPU.
 */
function logProbabilities(g: Emitter, x: Value, axis: number): Value {
  const shifted = g.sub(x, g.floor(g.maxOver(x, axis)));
  return g.sub(shifted, g.log(g.sumOver(g.exp(shifted), [axis])));
}

/** [0, 1, …, n − 1]. */
function range(g: Emitter, n: number, elementType: ElementType): Value {
  if (elementType !== 'int32') return g.ints(allAxes(n));
  return g.constant({ dtype: 'int32', dims: [n], data: Int32Array.from(allAxes(n)) });
}

function matrix(where: string, x: Value): readonly [number, number] {
  const [rows, cols, ...more] = x.dims;
  if (rows !== undefined && cols !== undefined && more.length === 0) return [rows, cols];
  throw mismatch(where, `[${x.dims.join(', ')}]`, 'a matrix [N, C]');
}

function mismatch(where: string, found: string, expected: string): ClError {
  return new ClError(
    'SHAPE_MISMATCH',
    `${where}: found ${found}, expected ${expected}. Reshape it, or pick the rows of one batch.`,
  );
}
