/** How a model wants its images: `preprocessor_config.json`, read as transformers.js 4.3 reads it. */
import { ClError } from '@cl/hub';

/** What to scale an image to. */
export type TargetSize =
  | { readonly kind: 'exact'; readonly width: number; readonly height: number }
  | { readonly kind: 'edges'; readonly shortest?: number; readonly longest?: number };

/** The steps that `preprocess.ts` does itself. */
export interface Steps {
  readonly resize: TargetSize | undefined;
  readonly resample: 'nearest' | 'bilinear' | 'bicubic' | 'lanczos';
  readonly crop: { readonly width: number; readonly height: number } | undefined;
  /** By channel and byte: the float32 that a byte becomes; 3 × 256. */
  readonly values: Float32Array;
}

/** The steps, or `undefined` where only transformers.js's own processor knows them. */
export interface Recipe {
  readonly imageSize: number;
  readonly steps: Steps | undefined;
}

/** Processors that are the plain `ImageProcessor` under another name. */
const plain = /^(CLIP|ViT|DeiT|Bit|Siglip)(ImageProcessor|FeatureExtractor)(Fast)?$/u;
const resamplers = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'bilinear', 'bilinear'] as const;

/**
 * Reads a preprocessor's configuration.
 *
 * @throws ClError `INVALID_MODEL` when it gives no square image of fixed size.
 */
export function readRecipe(config: Readonly<Record<string, unknown>>): Recipe {
  const size = config['size'] ?? config['image_size'];
  const crop = config['do_center_crop'] === true ? sides(config['crop_size']) : undefined;
  const doResize = config['do_resize'] ?? size !== undefined;
  const resize = doResize === true ? targetSize(size, config['max_size']) : undefined;
  const final = crop ?? (resize?.kind === 'exact' ? resize : undefined);
  if (final === undefined || final.width !== final.height || !(final.width > 0)) {
    throw new ClError(
      'INVALID_MODEL',
      `backbone: preprocessor_config.json gives images of size ${JSON.stringify(final ?? size)}, expected a ` +
        'fixed square one. Add do_center_crop with crop_size, or size with equal height and width.',
    );
  }
  return {
    imageSize: final.width,
    steps: isPlain(config) ? steps(config, resize, crop) : undefined,
  };
}

function isPlain(config: Readonly<Record<string, unknown>>): boolean {
  const type = config['image_processor_type'] ?? config['feature_extractor_type'];
  const unusual = [
    'do_pad',
    'do_thumbnail',
    'do_crop_margin',
    'do_flip_channel_order',
    'keep_aspect_ratio',
  ];
  return (
    typeof type === 'string' &&
    plain.test(type) &&
    unusual.every((key) => config[key] === undefined || config[key] === false) &&
    config['size_divisor'] === undefined &&
    config['size_divisibility'] === undefined &&
    config['do_convert_rgb'] !== false &&
    resamplers[Number(config['resample'] ?? 2)] !== undefined
  );
}

function steps(
  config: Readonly<Record<string, unknown>>,
  resize: Steps['resize'],
  crop: Steps['crop'],
): Steps {
  return {
    resize,
    crop,
    resample: resamplers[Number(config['resample'] ?? 2)]!,
    values: table(config),
  };
}

/** Every byte's value, rounded to float32 where transformers.js does: after rescaling, and at the end. */
function table(config: Readonly<Record<string, unknown>>): Float32Array {
  const factor = config['do_rescale'] === false ? 1 : Number(config['rescale_factor'] ?? 1 / 255);
  const normalise = config['do_normalize'] === true;
  const mean = threeOf(config['image_mean'] ?? config['mean']);
  const std = threeOf(config['image_std'] ?? config['std']);
  const values = new Float32Array(3 * 256);
  for (let c = 0; c < 3; c += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const scaled = Math.fround(factor * byte);
      values[c * 256 + byte] = normalise ? (scaled - mean[c]!) / std[c]! : scaled;
    }
  }
  return values;
}

function threeOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : Array.from({ length: 3 }, () => Number(value));
}

function sides(value: unknown): { width: number; height: number } | undefined {
  if (typeof value === 'number') return { width: value, height: value };
  const { width, height } = (value ?? {}) as { width?: unknown; height?: unknown };
  return typeof width === 'number' && typeof height === 'number' ? { width, height } : undefined;
}

function targetSize(size: unknown, maximum: unknown): TargetSize | undefined {
  if (typeof size === 'number') {
    return { kind: 'edges', shortest: size, longest: typeof maximum === 'number' ? maximum : size };
  }
  const { shortest_edge: shortest, longest_edge: longest } = (size ?? {}) as Record<
    string,
    unknown
  >;
  if (typeof shortest === 'number' || typeof longest === 'number') {
    return {
      kind: 'edges',
      ...(typeof shortest === 'number' && { shortest }),
      ...(typeof longest === 'number' && { longest }),
    };
  }
  const exact = sides(size);
  return exact && { kind: 'exact', ...exact };
}
