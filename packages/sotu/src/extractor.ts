/** Features h = f_θ(x) under weights that change from task to task. */
import { ClError, type ImageRef, type Matrix, type Tensor, type WorkOptions } from '@cl/hub';
import type { OnnxTensor } from '@cl/onnx';
import {
  assertFiniteFeatures,
  createFeatureExtractor,
  tensorSource,
  type FeatureExtractor,
  type ImageModel,
} from '@cl/training';
import type { TunedParameter } from './parameters.ts';

/** Values of the fine-tuned parameters by name. Never modified: another object is another θ. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** Weights as the inputs of a graph. */
export function tensorsOf(
  parameters: readonly TunedParameter[],
  weights: Weights,
): Map<string, OnnxTensor> {
  return new Map(
    parameters.map(({ name, dims }) => [
      name,
      { dtype: 'float32', dims, data: weights.get(name)! },
    ]),
  );
}

/** Runs the image tower under any weights; holds one thread once it was used. */
export class Extractor {
  readonly #model: ImageModel;
  readonly #parameters: readonly TunedParameter[];
  readonly #threads: number;
  #extractor: FeatureExtractor | undefined;
  #loaded: Weights | undefined;

  constructor(model: ImageModel, parameters: readonly TunedParameter[], threads: number) {
    this.#model = model;
    this.#parameters = parameters;
    this.#threads = threads;
  }

  /**
   * Features of images, not normalised. Calls must not overlap.
   *
   * @returns float32 [N, D].
   * @throws ClError `NON_FINITE` naming the image, and what the backbone's `pixels` throws.
   */
  async features(
    weights: Weights,
    images: readonly ImageRef[],
    work: WorkOptions = {},
  ): Promise<Matrix<Float32Array>> {
    const { rows, data } = await this.#with(weights).features(images, work);
    const features = { rows, cols: this.#model.featureDim, data };
    assertFiniteFeatures('sotu', features, images);
    assertDirections(features, images);
    return features;
  }

  /** Features of pixels [N, 3, S, S] that are at hand. */
  async pixelFeatures(
    weights: Weights,
    pixels: Tensor<'float32'>,
    work: WorkOptions = {},
  ): Promise<Matrix<Float32Array>> {
    return this.#with(weights).features(tensorSource(pixels), work);
  }

  /** Frees the thread; safe to call twice. */
  async dispose(): Promise<void> {
    const extractor = this.#extractor;
    this.#extractor = undefined;
    await extractor?.dispose();
  }

  #with(weights: Weights): FeatureExtractor {
    if (this.#extractor === undefined) {
      this.#extractor = createFeatureExtractor(this.#model, {
        parameters: tensorsOf(this.#parameters, weights),
        threads: this.#threads,
      });
    } else if (this.#loaded !== weights) {
      this.#extractor.set(tensorsOf(this.#parameters, weights));
    }
    this.#loaded = weights;
    return this.#extractor;
  }
}

/** Cosines need a direction. */
function assertDirections({ rows, cols, data }: Matrix, images: readonly ImageRef[]): void {
  for (let row = 0; row < rows; row += 1) {
    let square = 0;
    for (let j = row * cols; j < (row + 1) * cols; j += 1) square += data[j]! * data[j]!;
    if (square > 0 && square < Infinity) continue;
    throw new ClError(
      'NON_FINITE',
      `sotu: the features of image "${images[row]!.id}" have length ${Math.sqrt(square)}, expected a finite direction. ` +
        'If many are so, fine-tuning diverged or the merged delta is too long: lower learningRate or coefficient.',
    );
  }
}
