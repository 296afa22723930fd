/** Augmentation: which part of an image is trained on, drawn at random. */
import { ClError, type ImageRef, type ImageView, type Random } from '@cl/hub';

/** Draws a view of an image. */
export interface ViewPolicy {
  /** @returns the part of the image to train on; depends on the image's size and on `random` alone. */
  view(image: ImageRef, random: Random): ImageView;
}

/** What {@link randomResizedCrop} draws from; the defaults are torchvision's. */
export interface RandomResizedCropOptions {
  /** Smallest and largest part of the image's area. */
  readonly scale?: readonly [number, number];
  /** Smallest and largest ratio of width to height. */
  readonly ratio?: readonly [number, number];
  /** How likely a view is mirrored. */
  readonly flip?: number;
}

/** Draws before the fallback. */
const attempts = 10;

/**
 * torchvision's `RandomResizedCrop` and `RandomHorizontalFlip`: the area is uniform in `scale`, the logarithm of the ratio
 * uniform in `ratio`; after ten draws that do not fit, the largest part in the middle with a ratio in the range.
 *
 * Only images of kind `pixels` say how large they are. Of others the view is drawn as of a square, so that `ratio` is
 * relative to the image's own, and no file is opened for it.
 *
 * @throws ClError `INVALID_OPTION` for a range that is empty, or a `scale` or `flip` outside (0, 1] or [0, 1].
 */
export function randomResizedCrop(options: RandomResizedCropOptions = {}): ViewPolicy {
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3], flip = 0.5 } = options;
  assertRange('scale', scale, 1);
  assertRange('ratio', ratio, Infinity);
  if (!(flip >= 0 && flip <= 1)) throw invalid('flip', String(flip), 'a probability from 0 to 1');
  return {
    view({ source }, random) {
      const { width, height } = source.kind === 'pixels' ? source : { width: 1, height: 1 };
      const part = crop(width / height, scale, ratio, random);
      return { ...part, flip: random.uniform() < flip };
    },
  };
}

/** A part of an image whose width is `aspect` times its height, in fractions of its sides. */
function crop(
  aspect: number,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  random: Random,
): Omit<ImageView, 'flip'> {
  const between = ([low, high]: readonly [number, number]): number =>
    low + (high - low) * random.uniform();
  const logRatio = [Math.log(ratio[0]), Math.log(ratio[1])] as const;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const area = between(scale);
    const shape = Math.exp(between(logRatio)) / aspect;
    const [width, height] = [Math.sqrt(area * shape), Math.sqrt(area / shape)];
    if (width > 1 || height > 1) continue;
    const left = random.uniform() * (1 - width);
    const top = random.uniform() * (1 - height);
    return { left, top, width, height };
  }
  const [width, height] = [Math.min(1, ratio[1] / aspect), Math.min(1, aspect / ratio[0])];
  return { left: (1 - width) / 2, top: (1 - height) / 2, width, height };
}

function assertRange(name: string, [low, high]: readonly [number, number], limit: number): void {
  if (low > 0 && low <= high && high <= limit && Number.isFinite(high)) return;
  const most = limit === 1 ? ' and at most 1' : '';
  throw invalid(name, `[${low}, ${high}]`, `two numbers in ascending order, over 0${most}`);
}

function invalid(name: string, found: string, expected: string): ClError {
  return new ClError(
    'INVALID_OPTION',
    `randomResizedCrop: ${name} is ${found}, expected ${expected}. Correct the option.`,
  );
}
