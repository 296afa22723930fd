/**
 * RAIL-Fusion (Xu et al., "Advancing Cross-domain Discriminability in Continual Learning of Vision-Language Models",
 * NeurIPS 2024; the authors' code at commit eaac644): zero-shot decides whether an image shows a class that was learned;
 * if so its probabilities are mixed with the scores of the trained adapter, else they are the answer.
 */
import { ClError, type Matrix, type PredictionSource } from '@cl/hub';

/**
 * Decides which images are in distribution (ID): `argmax`, the paper's rule, those whose likeliest class was learned;
 * `mass`, those that give the learned classes together at least half of the probability.
 */
export type IdDetector = 'argmax' | 'mass';

/** What happens to adapter scores before they are mixed: nothing (the paper) or a clip to [0, 1]. */
export type AdapterTransform = 'none' | 'clip';

/** How scores are fused. */
export interface FusionOptions {
  /** w in (1 − w)·z + w·s, in [0, 1]; the paper's code has 0.8. */
  readonly adapterWeight: number;
  readonly adapterTransform?: AdapterTransform;
}

/** Fused scores. */
export interface FusedScores {
  /** float64 [N, C]. */
  readonly values: Matrix<Float64Array>;
  /** Where each row comes from, length N. */
  readonly sources: readonly PredictionSource[];
}

/**
 * The rows that are in distribution, ascending.
 *
 * @param zeroShot - probabilities [N, C].
 * @param learned - for each of the C columns whether the class was learned.
 */
export function inDistribution(
  zeroShot: Matrix,
  learned: readonly boolean[],
  detector: IdDetector = 'argmax',
): readonly number[] {
  const { rows, cols, data } = zeroShot;
  const found: number[] = [];
  for (let i = 0; i < rows; i += 1) {
    let best = 0;
    let mass = 0;
    for (let c = 0; c < cols; c += 1) {
      if (data[i * cols + c]! > data[i * cols + best]!) best = c;
      if (learned[c]!) mass += data[i * cols + c]!;
    }
    if (detector === 'argmax' ? learned[best]! : mass >= 0.5) found.push(i);
  }
  return found;
}

/**
 * (1 − w)·z + w·s on the rows in distribution, z itself, to the bit, on the others.
 *
 * @param zeroShot - z, probabilities [N, C].
 * @param rows - the rows in distribution, as {@link inDistribution} gives them.
 * @param adapter - s of these rows only, [rows.length, learned classes].
 * @param columns - for each of the C columns its column in `adapter`, −1 where the class was not learned (s = 0).
 * @throws ClError `SHAPE_MISMATCH` when the sizes disagree.
 */
export function fuse(
  zeroShot: Matrix,
  rows: readonly number[],
  adapter: Matrix,
  columns: readonly number[],
  { adapterWeight: w, adapterTransform = 'none' }: FusionOptions,
): FusedScores {
  if (adapter.rows !== rows.length || columns.length !== zeroShot.cols) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `fuse: found adapter scores of ${adapter.rows} images and ${columns.length} columns, expected ${rows.length} ` +
        `images in distribution and ${zeroShot.cols} columns. Score exactly the rows in distribution.`,
    );
  }
  const cols = zeroShot.cols;
  const values = Float64Array.from(zeroShot.data);
  const sources = new Array<PredictionSource>(zeroShot.rows).fill('zero-shot');
  const mixed = w === 0 ? 'zero-shot' : w === 1 ? 'adapter' : 'fused';
  rows.forEach((row, i) => {
    sources[row] = mixed;
    for (let c = 0; c < cols; c += 1) {
      const column = columns[c]!;
      const raw = column < 0 ? 0 : adapter.data[i * adapter.cols + column]!;
      const s = adapterTransform === 'clip' ? Math.min(1, Math.max(0, raw)) : raw;
      values[row * cols + c] = (1 - w) * values[row * cols + c]! + w * s;
    }
  });
  return { values: { rows: zeroShot.rows, cols, data: values }, sources };
}
