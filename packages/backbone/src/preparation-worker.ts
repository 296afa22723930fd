/** The thread that decodes and preprocesses images and tokenises texts, while another one runs the model. */
import { workerData } from 'node:worker_threads';
import { ClError, type PixelImage } from '@cl/hub';
import { packError, serveThread, type SentError } from '@cl/hub/node';
import { decodeImage } from '@cl/images';
import type { ImageProcessor, PreTrainedTokenizer } from '@huggingface/transformers';
import { decodeResized, normalise } from './preprocess.ts';
import type {
  PreparationData,
  PreparedImages,
  PreparedTexts,
  SentImage,
} from './worker-messages.ts';
import { cutView } from './view.ts';

const { folder, recipe } = workerData as PreparationData;
const { imageSize, steps } = recipe;

/** Images decoded at the same time: enough for the pool of four threads behind sharp, and bounds memory. */
const atOnce = 4;

let tokenizer: Promise<PreTrainedTokenizer> | undefined;
let processor: Promise<ImageProcessor> | undefined;

serveThread(
  {
    async images(images: readonly SentImage[]) {
      const pixels = new Float32Array(images.length * 3 * imageSize * imageSize);
      const errors: (SentError | undefined)[] = images.map(() => undefined);
      let next = 0;
      const lane = async (): Promise<void> => {
        for (let i = next++; i < images.length; i = next++) {
          await prepare(images[i]!, pixels, i * 3 * imageSize * imageSize).catch(
            (error: unknown) => {
              errors[i] = packError(error);
            },
          );
        }
      };
      await Promise.all(Array.from({ length: atOnce }, lane));
      const result: PreparedImages = {
        pixels,
        errors: errors.filter((error) => error !== undefined),
      };
      return { result, transfer: [pixels.buffer] };
    },

    async texts(texts: readonly string[]) {
      tokenizer ??= loadTokenizer();
      const encoded = (await tokenizer)([...texts], { padding: true, truncation: true }) as {
        input_ids: { data: BigInt64Array<ArrayBuffer> };
        attention_mask: { data: BigInt64Array<ArrayBuffer> };
      };
      const result: PreparedTexts = {
        count: texts.length,
        ids: encoded.input_ids.data,
        mask: encoded.attention_mask.data,
      };
      return { result, transfer: [result.ids.buffer, result.mask.buffer] };
    },
  },
  async () => Promise.resolve(),
);

async function decode(image: SentImage): Promise<PixelImage> {
  if (image.view !== undefined) return cutView(await decodeImage(image), image.view, imageSize);
  return steps === undefined ? decodeImage(image) : decodeResized(image, steps);
}

async function prepare(image: SentImage, pixels: Float32Array, offset: number): Promise<void> {
  const decoded = await decode(image);
  if (steps !== undefined) {
    normalise(decoded, imageSize, steps, pixels, offset);
    return;
  }
  const { RawImage } = await import('@huggingface/transformers');
  processor ??= loadProcessor();
  const raw = new RawImage(decoded.data, decoded.width, decoded.height, 3);
  const { pixel_values } = (await (
    await processor
  )(raw)) as { pixel_values: { data: Float32Array } };
  if (pixel_values.data.length !== 3 * imageSize * imageSize) {
    throw new ClError(
      'INVALID_MODEL',
      `backbone: the preprocessor turned "${image.id}" (${decoded.width} × ${decoded.height}) into ` +
        `${pixel_values.data.length} values, expected 3 × ${imageSize} × ${imageSize}. Give it a fixed size.`,
    );
  }
  pixels.set(pixel_values.data, offset);
}

async function loadTokenizer(): Promise<PreTrainedTokenizer> {
  const { AutoTokenizer } = await import('@huggingface/transformers');
  return AutoTokenizer.from_pretrained(folder, { local_files_only: true });
}

async function loadProcessor(): Promise<ImageProcessor> {
  const { AutoImageProcessor } = await import('@huggingface/transformers');
  return AutoImageProcessor.from_pretrained(folder, { local_files_only: true });
}
