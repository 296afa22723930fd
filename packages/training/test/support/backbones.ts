/** Small backbones that can be trained through: exported ViTs of two layers, and tiny-clip. */
import { readFile } from 'node:fs/promises';
import { clip } from '@cl/backbone';
import {
  createRandom,
  resolveOptions,
  trainableOf,
  type Backbone,
  type ImageGraph,
  type ImageRef,
  type TrainableBackbone,
} from '@cl/hub';
import { tinyClipPath } from '@cl/tiny-clip';
import { openImageModel, type ImageModel } from '@cl/training';

const fixtures = new URL('../../../onnx/test/fixtures/', import.meta.url);

/** A file of @cl/onnx's test/fixtures (made by its make.py) behind images of 32 × 32 that need no resizing. */
export function exported(
  file: string,
  {
    output = 'last_hidden_state',
    take = 'first-token',
    featureDim = 32,
    imageSize = 32,
  }: {
    readonly output?: string;
    readonly take?: ImageGraph['take'];
    readonly featureDim?: number;
    readonly imageSize?: number;
  } = {},
): TrainableBackbone {
  return {
    fingerprint: file,
    imageSize,
    featureDim,
    async graph() {
      const model = await readFile(new URL(`${file}.onnx`, fixtures));
      return { model, input: 'pixel_values', output, take };
    },
    async pixels(images) {
      const length = 3 * imageSize * imageSize;
      const data = new Float32Array(images.length * length);
      images.forEach(({ source }, i) => {
        if (source.kind !== 'pixels') throw new Error('expected pixels');
        for (let k = 0; k < length; k += 1) data[i * length + k] = source.data[k]! / 127.5 - 1;
      });
      return { dtype: 'float32', dims: [images.length, 3, imageSize, imageSize], data };
    },
  };
}

/** Exports of a ViT, a DeiT and a DINOv2, of blocks with one projection for q, k and v, and of CLIP's vision tower. */
export const vits = [
  ...['opset11', 'opset14', 'opset17', 'dynamo', 'dynamo23'].map((e) => `vit-${e}`),
  ...['opset11', 'opset14', 'opset17', 'dynamo'].map((e) => `deit-${e}`),
  ...['opset14', 'opset17'].map((e) => `dinov2-${e}`),
];
export const fused = ['fused-opset11', 'fused-dynamo'];
export const clips = ['opset11', 'opset14', 'opset17', 'dynamo'].map((e) => `clip-vision-${e}`);
/** What is read of CLIP. */
export const asClip = { output: 'image_embeds', take: 'all', featureDim: 16 } as const;

/** A file of `fixtures`, opened. */
export const open = async (file: string): Promise<ImageModel> =>
  openImageModel(exported(file, file.startsWith('clip') ? asClip : {}));

/** The model of @cl/tiny-clip behind @cl/backbone: real images, real preprocessing, weights in half precision. */
export async function tinyClip(): Promise<Backbone & TrainableBackbone> {
  const options = await resolveOptions(clip, { model: tinyClipPath, device: 'cpu', threads: 1 });
  return trainableOf(await clip.create(options)) as Backbone & TrainableBackbone;
}

/** Images of noise, each of its own seed. */
export function noise(count: number, size = 32, seed = 'noise'): ImageRef[] {
  return Array.from({ length: count }, (_, i) => {
    const random = createRandom(`${seed}/${i}`);
    const data = Uint8Array.from({ length: 3 * size * size }, () => random.integer(256));
    return { id: `${seed}-${i}`, source: { kind: 'pixels', width: size, height: size, data } };
  });
}
