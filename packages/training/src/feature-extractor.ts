/** Features of a backbone whose weights have changed. */
import { createEvaluator, type Evaluator } from '@cl/autodiff/node';
import { type ImageRef, type Matrix, type WorkOptions } from '@cl/hub';
import type { OnnxGraph, OnnxTensor } from '@cl/onnx';
import { imageSource, type BatchSource } from './batch-source.ts';
import { evaluateInBatches } from './evaluate-in-batches.ts';
import { featuresName, pixelsName } from './image-graph.ts';
import type { ImageModel } from './image-model.ts';

/** What a {@link FeatureExtractor} computes. */
export interface FeatureExtractorOptions {
  /** Values for weights of the model, or for other inputs of `graph`, by name; copied. */
  readonly parameters?: ReadonlyMap<string, OnnxTensor>;
  /**
   * The graph for so many rows: inputs `pixels` and the parameters. Default: the model's own, with the parameters as
   * inputs.
   */
  readonly graph?: (rows: number) => OnnxGraph;
  /** A value [N, M] of that graph. Default `features`. */
  readonly output?: string;
  /** Most images of one run. Default: 8 of 224 × 224, more of smaller ones, up to 64. */
  readonly batchSize?: number;
  /** Threads of a matrix product; as many as there are cores when 0 or absent. */
  readonly threads?: number;
}

/** Images in, features out, in a thread of its own. */
export interface FeatureExtractor {
  /**
   * Features of images, in their order.
   *
   * @param images - or a source of their pixels, which may remember them.
   * @returns float32 [N, M], owned by the caller; [0, 0] of no images.
   * @throws ClError `UNREADABLE_IMAGE` naming the images of a batch that cannot be decoded; `ABORTED`; `DISPOSED`.
   */
  features(
    images: readonly ImageRef[] | BatchSource,
    work?: WorkOptions,
  ): Promise<Matrix<Float32Array>>;
  /**
   * Changes parameters, all or some, for the calls that follow.
   *
   * @throws ClError `NOT_FOUND` for a name that is none of the parameters, `SHAPE_MISMATCH` for another size.
   */
  set(parameters: ReadonlyMap<string, OnnxTensor>): void;
  /** Frees session and thread; safe to call twice. */
  dispose(): Promise<void>;
}

/** Makes an extractor. Nothing is compiled before the first call. */
export function createFeatureExtractor(
  model: ImageModel,
  options: FeatureExtractorOptions = {},
): FeatureExtractor {
  return new EvaluatedFeatures(model, options);
}

class EvaluatedFeatures implements FeatureExtractor {
  readonly #model: ImageModel;
  readonly #output: string;
  readonly #batchSize: number;
  readonly #evaluator: Evaluator;

  constructor(
    model: ImageModel,
    {
      parameters = new Map(),
      graph = (rows) => model.graph(rows, { parameters: [...parameters.keys()] }),
      output = featuresName,
      batchSize = usualBatch(model.imageSize),
      threads = 0,
    }: FeatureExtractorOptions,
  ) {
    this.#model = model;
    this.#output = output;
    this.#batchSize = batchSize;
    this.#evaluator = createEvaluator({ graph, outputs: [output], parameters, threads });
  }

  async features(
    images: readonly ImageRef[] | BatchSource,
    work?: WorkOptions,
  ): Promise<Matrix<Float32Array>> {
    const pixels =
      'take' in images ? images : imageSource(this.#model.backbone, images, { memoryBytes: 0 });
    const inputs = { [pixelsName]: pixels };
    const [output, batchSize] = [this.#output, this.#batchSize];
    return evaluateInBatches(this.#evaluator, { inputs, output, batchSize }, work);
  }

  set(parameters: ReadonlyMap<string, OnnxTensor>): void {
    this.#evaluator.set(parameters);
  }

  async dispose(): Promise<void> {
    await this.#evaluator.dispose();
  }
}

/** As many pixels as 8 images of 224 × 224, which is where a ViT-B/16 was fastest on CPUs; at most 64 images. */
function usualBatch(imageSize: number): number {
  return Math.min(64, Math.max(8, Math.round(8 * (224 / imageSize) ** 2)));
}
