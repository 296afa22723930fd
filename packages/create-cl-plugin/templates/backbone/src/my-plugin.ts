/**
 * __DESCRIPTION__
 *
 * As it stands: mean colours. An image becomes the mean red, green and blue of a grid of its parts. Replace
 * `embedOne` with your model, and put everything that changes its numbers into the fingerprint.
 */
import {
  ClError,
  defineBackbone,
  throwIfAborted,
  type Backbone,
  type BackbonePlugin,
  type ImageRef,
  type Matrix,
  type PixelImage,
  type WorkOptions,
} from '@cl/hub';
import { z } from 'zod';

/** What users may choose; `cl` makes a flag of each. */
export interface MyPluginOptions {
  /** Parts a side. */
  readonly grid: number;
}

/** The plugin. */
export const myPlugin: BackbonePlugin<MyPluginOptions> = defineBackbone<MyPluginOptions>({
  name: 'my-plugin',
  description: '__DESCRIPTION__',
  defaults: { grid: 4 },
  help: { grid: 'Parts a side.' },
  schema: z.object({ grid: z.int().min(1).max(16) }),
  provides: ['image-features'],
  async create({ grid }) {
    return new MyPlugin(grid);
  },
});

class MyPlugin implements Backbone {
  readonly id = 'my-plugin';
  readonly fingerprint: string;
  readonly capabilities = ['image-features'] as const;
  readonly device = 'cpu';
  readonly dtype = 'fp32';
  readonly imageSize: number;
  readonly featureDim: number;
  #disposed = false;

  constructor(grid: number) {
    this.imageSize = grid;
    this.featureDim = grid * grid * 3;
    // 64 hexadecimal digits: a SHA-256 over weights and preprocessing, where there are some.
    this.fingerprint = grid.toString(16).padStart(64, '0');
  }

  async embedImages(
    images: readonly ImageRef[],
    work: WorkOptions = {},
  ): Promise<Matrix<Float32Array>> {
    if (this.#disposed) {
      throw new ClError('DISPOSED', 'my-plugin: used after dispose(). Create it again.');
    }
    throwIfAborted('my-plugin', work.signal);
    const data = new Float32Array(images.length * this.featureDim); // [N, D]
    const broken: string[] = [];
    for (const [i, image] of images.entries()) {
      const pixels = await pixelsOf(image).catch(() => undefined);
      throwIfAborted('my-plugin', work.signal);
      if (pixels === undefined) broken.push(image.id);
      else data.set(embedOne(pixels, this.imageSize), i * this.featureDim);
      work.onProgress?.({ phase: 'features', done: i + 1, total: images.length });
    }
    if (broken.length > 0) {
      const names = broken.map((id) => `"${id}"`).join(', ');
      throw new ClError(
        'UNREADABLE_IMAGE',
        `my-plugin: cannot read ${names}, expected pixels. Leave them out.`,
      );
    }
    return { rows: images.length, cols: this.featureDim, data };
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }
}

/** Decoded pixels only. For files and encoded images, decode with `decodeImage` of @cl/images. */
async function pixelsOf({ source }: ImageRef): Promise<PixelImage | undefined> {
  const loaded = source.kind === 'lazy' ? await source.load() : source;
  if (loaded.kind !== 'pixels') return undefined;
  return loaded.data.length === loaded.width * loaded.height * 3 ? loaded : undefined;
}

/** Mean colours in [0, 1] of a grid of parts, [grid, grid, 3]. */
function embedOne({ width, height, data }: PixelImage, grid: number): Float32Array {
  const sums = new Float32Array(grid * grid * 3);
  const counts = new Float32Array(grid * grid);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const part = Math.floor((y * grid) / height) * grid + Math.floor((x * grid) / width);
      counts[part]! += 255;
      for (let c = 0; c < 3; c += 1) sums[part * 3 + c]! += data[(y * width + x) * 3 + c]!;
    }
  }
  return sums.map((sum, i) => sum / Math.max(1, counts[Math.floor(i / 3)]!));
}
