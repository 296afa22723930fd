/**
 * Zero-shot classification with a vision-language backbone (Radford et al., "Learning Transferable Visual Models From
 * Natural Language Supervision", ICML 2021, §3.1): an image belongs to the class whose prompts it lies nearest to.
 */
import {
  ClError,
  promptsOf,
  type ClassInfo,
  type FeatureSource,
  type Matrix,
  type WorkOptions,
} from '@cl/hub';
import { multiply, softmaxProduct } from '@cl/linalg';
import { unitRows } from './unit-features.ts';

/** Used for classes that bring no templates of their own: the sentence of RAIL's and of CLIP's code. */
export const defaultTemplates: readonly string[] = ['a photo of a {}.'];

/** How classes become sentences. */
export interface ZeroShotOptions {
  /** For every class alike; when absent or empty each class's own `templates`, else {@link defaultTemplates}. */
  readonly templates?: readonly string[];
}

/** Scores images against class names. Text embeddings are computed once a class. */
export interface ZeroShot {
  /**
   * One unit row a class: the mean of its normalised prompt embeddings, normalised again.
   *
   * @returns float32 [C, D] in the order of `classes`, owned by the caller.
   * @throws ClError `NON_FINITE` naming the prompts whose embeddings are; `INVALID_DATA` without classes; `ABORTED`.
   */
  textMatrix(classes: readonly ClassInfo[], work?: WorkOptions): Promise<Matrix<Float32Array>>;
  /**
   * Cosines between images and classes.
   *
   * @param imageFeatures - [N, D] of unit length, as `unitFeatures` gives them; not modified.
   * @returns float32 [N, C].
   */
  cosines(
    imageFeatures: Matrix<Float32Array>,
    classes: readonly ClassInfo[],
    work?: WorkOptions,
  ): Promise<Matrix<Float32Array>>;
  /**
   * softmax(logitScale · cosines): probabilities over exactly the classes given.
   *
   * @param imageFeatures - [N, D] of unit length; not modified.
   * @returns float32 [N, C], rows sum to 1.
   */
  probabilities(
    imageFeatures: Matrix<Float32Array>,
    classes: readonly ClassInfo[],
    work?: WorkOptions,
  ): Promise<Matrix<Float32Array>>;
}

/**
 * Makes a zero-shot classifier on a feature source.
 *
 * @throws ClError `INCOMPATIBLE_PLUGINS` when the backbone has no text tower; `INVALID_OPTION` when a template lacks `{}`.
 */
export function createZeroShot(features: FeatureSource, options: ZeroShotOptions = {}): ZeroShot {
  const { logitScale, featureDim } = features;
  const embed = features.texts?.bind(features);
  if (embed === undefined || logitScale === undefined) {
    throw new ClError(
      'INCOMPATIBLE_PLUGINS',
      `zero-shot: the backbone gives no text features${logitScale === undefined ? ' or no logit scale' : ''}, expected ` +
        'both. Choose a vision-language backbone, for instance a CLIP model.',
    );
  }
  for (const template of options.templates ?? []) assertTemplate(template);
  const given = options.templates?.length ? options.templates : undefined;
  const rows = new Map<string, Float32Array>(); // by prompts, so that a class with new words gets a new row

  async function textMatrix(
    classes: readonly ClassInfo[],
    work?: WorkOptions,
  ): Promise<Matrix<Float32Array>> {
    if (classes.length === 0) {
      throw new ClError(
        'INVALID_DATA',
        'zero-shot: found no classes, expected at least one. Pass candidates.',
      );
    }
    const prompts = classes.map((info) => {
      const own = info.templates?.length ? info.templates : defaultTemplates;
      return promptsOf(info, given ?? own);
    });
    const missing = new Map(
      prompts.filter((p) => !rows.has(JSON.stringify(p))).map((p) => [JSON.stringify(p), p]),
    );
    if (missing.size > 0) {
      const sentences = [...missing.values()].flat();
      const embedded = await embed!(sentences, work);
      const unit = unitRows('zero-shot', embedded, (row) => `prompt "${sentences[row]!}"`);
      let first = 0;
      for (const [key, { length }] of missing) {
        rows.set(key, meanDirection(unit, first, length));
        first += length;
      }
    }
    const data = new Float32Array(classes.length * featureDim);
    prompts.forEach((p, i) => {
      data.set(rows.get(JSON.stringify(p))!, i * featureDim);
    });
    return { rows: classes.length, cols: featureDim, data };
  }

  async function cosines(
    imageFeatures: Matrix<Float32Array>,
    classes: readonly ClassInfo[],
    work?: WorkOptions,
  ): Promise<Matrix<Float32Array>> {
    const text = await textMatrix(classes, work);
    if (imageFeatures.rows === 0) return { rows: 0, cols: text.rows, data: new Float32Array(0) };
    const product = await multiply(imageFeatures, text, {
      transposeB: true,
      signal: work?.signal,
    });
    return product as Matrix<Float32Array>; // [N, D] × [D, C] → [N, C]
  }

  return {
    textMatrix,
    cosines,
    async probabilities(imageFeatures, classes, work) {
      const text = await textMatrix(classes, work);
      const product = await softmaxProduct(imageFeatures, text, logitScale, work?.signal);
      return product as Matrix<Float32Array>;
    },
  };
}

/** Mean of `count` unit rows, divided by its length. */
function meanDirection(unit: Matrix<Float32Array>, first: number, count: number): Float32Array {
  const { cols, data } = unit;
  const mean = new Float64Array(cols);
  for (let i = first; i < first + count; i += 1) {
    for (let k = 0; k < cols; k += 1) mean[k]! += data[i * cols + k]! / count;
  }
  const sum: Matrix = { rows: 1, cols, data: mean };
  return unitRows('zero-shot', sum, () => 'the mean of a class’s prompts').data;
}

function assertTemplate(template: string): void {
  if (template.includes('{}')) return;
  throw new ClError(
    'INVALID_OPTION',
    `zero-shot: template ${JSON.stringify(template)} has no "{}", expected the place of the class name. ` +
      'Write it like "a photo of a {}.".',
  );
}
