/**
 * A backbone at work. Images are loaded here, decoded and preprocessed in one thread and run in another, a batch
 * ahead of each other; the caller's thread only passes messages on.
 */
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ClError,
  isClError,
  throwIfAborted,
  type Backbone,
  type BackboneCapability,
  type ImageGraph,
  type ImageRef,
  type ImageView,
  type Matrix,
  type PixelOptions,
  type Tensor,
  type WorkOptions,
} from '@cl/hub';
import { sessionThreads, unpackError } from '@cl/hub/node';
import { loadImage, unreadableImages } from '@cl/images';
import { writeModel } from '@cl/onnx';
import { readModelFile } from '@cl/onnx/node';
import { assertViews } from './assert-views.ts';
import { chooseProvider } from './device.ts';
import { fingerprintOf, fingerprintParts } from './fingerprint.ts';
import { noteFiles } from './model-files.ts';
import { readModelJson } from './model-folder.ts';
import { asClError, ModelThreads } from './model-threads.ts';
import { locationOf, type BackboneOptions } from './options.ts';
import { readRecipe, type Recipe } from './recipe.ts';
import type { InferenceData, InferenceRequest, SentImage, Tower } from './worker-messages.ts';

/** What a family knows of its model. */
export interface ModelParts {
  readonly options: BackboneOptions;
  readonly folder: string;
  readonly featureDim: number;
  readonly image: Tower;
  readonly text?: Tower;
  readonly logitScale?: number;
}

/** Texts in one run of the text tower. */
const textBatch = 64;

/** Bytes copied between two turns of the event loop: about 2 ms. */
const copiedAtOnce = 8 << 20;

/** A batch ready for the model. */
interface Batch {
  readonly count: number;
  readonly pixels: Float32Array<ArrayBuffer>;
  readonly errors: readonly ClError[];
}

/** The backbone behind `clip` and `vit`. */
export class LoadedBackbone implements Backbone {
  readonly id: string;
  readonly fingerprint: string;
  readonly capabilities: readonly BackboneCapability[];
  readonly device: string;
  readonly dtype: string;
  readonly imageSize: number;
  readonly featureDim: number;
  readonly logitScale?: number;
  readonly embedTexts?: NonNullable<Backbone['embedTexts']>;
  readonly #parts: ModelParts;
  readonly #batchSize: number;
  readonly #threads: ModelThreads;
  #disposed = false;

  private constructor(
    parts: ModelParts,
    recipe: Recipe,
    fingerprint: string,
    device: string,
    threads: ModelThreads,
  ) {
    this.id = parts.options.model;
    this.fingerprint = fingerprint;
    this.capabilities = parts.text
      ? ['image-features', 'text-features', 'graph']
      : ['image-features', 'graph'];
    this.device = device;
    this.dtype = parts.options.dtype;
    this.imageSize = recipe.imageSize;
    this.featureDim = parts.featureDim;
    if (parts.logitScale !== undefined) this.logitScale = parts.logitScale;
    if (parts.text) this.embedTexts = async (texts, work) => this.#embedTexts(texts, work);
    this.#parts = parts;
    this.#batchSize = parts.options.batchSize || usualBatch(recipe.imageSize);
    this.#threads = threads;
    const { folder, image, text } = parts;
    noteFiles(this, { folder, image: image.path, ...(text && { text: text.path }) });
  }

  /**
   * Starts the threads and loads the model, unless it is to be lazy.
   *
   * @throws ClError `INVALID_MODEL`, `DEVICE_UNAVAILABLE`.
   */
  static async load(parts: ModelParts): Promise<LoadedBackbone> {
    const { options, folder } = parts;
    const recipe = readRecipe(await readModelJson(folder, 'preprocessor_config.json'));
    const provider = await chooseProvider(options.device);
    const plainWeights = options.dtype === 'fp32' || options.dtype === 'fp16';
    const image = { ...parts.image, ...(plainWeights && { imageSize: recipe.imageSize }) };
    const data: InferenceData = {
      towers: { image, ...(parts.text && { text: parts.text }) },
      provider,
      threads: options.threads || sessionThreads() || availableParallelism(),
    };
    const threads = new ModelThreads(data, { folder, recipe });
    try {
      const [fingerprint] = await Promise.all([
        fingerprintOf(fingerprintParts(parts, provider), locationOf(options).cacheDir),
        options.lazy || threads.start(),
      ]);
      return new LoadedBackbone(parts, recipe, fingerprint, provider, threads);
    } catch (error) {
      await threads.close();
      throw error;
    }
  }

  async embedImages(
    images: readonly ImageRef[],
    { signal, onProgress }: WorkOptions = {},
  ): Promise<Matrix<Float32Array>> {
    this.#assertAlive('embedImages');
    throwIfAborted('embedImages', signal);
    if (images.length > 0) await this.#threads.start();
    const rows = new Float32Array(images.length * this.featureDim);
    const broken: ClError[] = [];
    let done = 0;
    let ahead = this.#prepare(images, 0, Math.ceil(this.#batchSize / 4)); // small: the model waits for it
    while (done < images.length) {
      const { count, pixels, errors } = await ahead;
      throwIfAborted('embedImages', signal);
      const start = done;
      done += count;
      ahead = this.#prepare(images, done, this.#batchSize); // while this batch is run
      ahead.catch(() => undefined); // it is awaited in the next turn, or nobody cares any more
      broken.push(...errors);
      if (broken.length === 0) {
        const dims = [count, 3, this.imageSize, this.imageSize];
        const inputs = { pixel_values: { type: 'float32', dims, data: pixels } } as const;
        rows.set(await this.#run({ tower: 'image', count, inputs }), start * this.featureDim);
      }
      throwIfAborted('embedImages', signal);
      onProgress?.({ phase: 'features', done, total: images.length });
    }
    if (broken.length > 0) throw unreadableImages(broken);
    return { rows: images.length, cols: this.featureDim, data: rows };
  }

  async graph(): Promise<ImageGraph> {
    this.#assertAlive('graph');
    const { path, output } = this.#parts.image;
    const model = writeModel(await readModelFile(path));
    return { model, input: 'pixel_values', output: output.name, take: output.take };
  }

  async pixels(
    images: readonly ImageRef[],
    { signal, onProgress, views }: PixelOptions = {},
  ): Promise<Tensor<'float32'>> {
    this.#assertAlive('pixels');
    if (views !== undefined) assertViews(views, images.length);
    const side = this.imageSize;
    const length = 3 * side * side;
    const data = new Float32Array(images.length * length);
    const broken: ClError[] = [];
    for (let start = 0; start < images.length; start += this.#batchSize) {
      throwIfAborted('pixels', signal);
      const { count, pixels, errors } = await this.#prepare(images, start, this.#batchSize, views);
      broken.push(...errors);
      data.set(pixels, start * length);
      onProgress?.({ phase: 'pixels', done: start + count, total: images.length });
    }
    throwIfAborted('pixels', signal);
    if (broken.length > 0) throw unreadableImages(broken);
    return { dtype: 'float32', dims: [images.length, 3, side, side], data };
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#threads.close();
  }

  async #embedTexts(
    texts: readonly string[],
    { signal, onProgress }: WorkOptions = {},
  ): Promise<Matrix<Float32Array>> {
    this.#assertAlive('embedTexts');
    if (texts.length > 0) await this.#threads.start();
    const rows = new Float32Array(texts.length * this.featureDim);
    for (let start = 0; start < texts.length; start += textBatch) {
      throwIfAborted('embedTexts', signal);
      const batch = texts.slice(start, start + textBatch);
      const { count, ids, mask } = await this.#threads.texts(batch);
      const dims = [count, ids.length / count];
      const inputs = {
        input_ids: { type: 'int64', dims, data: ids },
        attention_mask: { type: 'int64', dims, data: mask },
      } as const;
      rows.set(await this.#run({ tower: 'text', count, inputs }), start * this.featureDim);
      onProgress?.({ phase: 'texts', done: start + count, total: texts.length });
    }
    return { rows: texts.length, cols: this.featureDim, data: rows };
  }

  /** Loads, decodes and preprocesses so many images from an index on. */
  async #prepare(
    images: readonly ImageRef[],
    start: number,
    size: number,
    views?: readonly (ImageView | undefined)[],
  ): Promise<Batch> {
    const batch = images.slice(start, start + size);
    if (batch.length === 0) return { count: 0, pixels: new Float32Array(0), errors: [] };
    const sent: SentImage[] = [];
    const errors: ClError[] = [];
    const transfer: ArrayBuffer[] = [];
    let copied = 0;
    for (const [i, ref] of batch.entries()) {
      const view = views?.[start + i];
      if (copied > copiedAtOnce) {
        await nextTurn();
        copied = 0;
      }
      try {
        const source = await loadImage(ref);
        if (source.kind === 'file') sent.push({ id: ref.id, source, view });
        else {
          const copy = new Uint8Array(source.kind === 'encoded' ? source.bytes : source.data);
          transfer.push(copy.buffer);
          copied += copy.length;
          const moved =
            source.kind === 'encoded' ? { ...source, bytes: copy } : { ...source, data: copy };
          sent.push({ id: ref.id, source: moved, view });
        }
      } catch (error) {
        if (!isClError(error)) throw error;
        errors.push(error);
      }
    }
    const prepared = await this.#threads.images(sent, transfer);
    for (const error of prepared.errors)
      errors.push(asClError(unpackError(error), 'UNREADABLE_IMAGE', 'images'));
    return { count: batch.length, pixels: prepared.pixels, errors };
  }

  /** Runs a tower; gives float32 [count, D]. */
  async #run(request: InferenceRequest): Promise<Float32Array> {
    const features = await this.#threads.run(request);
    if (features.length === request.count * this.featureDim) return features;
    throw new ClError(
      'INVALID_MODEL',
      `backbone: "${this.id}" gives ${features.length / request.count} features for ${request.tower}s, expected ` +
        `the ${this.featureDim} of its config.json. The folder mixes files of different models.`,
    );
  }

  #assertAlive(where: string): void {
    if (!this.#disposed) return;
    throw new ClError(
      'DISPOSED',
      `${where}: the backbone "${this.id}" was disposed of. Load it again.`,
    );
  }
}

/**
 * The batch size that was fastest on CPUs: 8 for a ViT-B/16 at 224 pixels (at 16 the activations leave the cache, 9%
 * slower), and as many pixels for smaller inputs, up to 64 images.
 */
function usualBatch(imageSize: number): number {
  return Math.min(64, Math.max(8, Math.round(8 * (224 / imageSize) ** 2)));
}
