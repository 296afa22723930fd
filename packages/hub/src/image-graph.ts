/** Backbones opened for training: the graph of their image tower, and the pixels that it takes. */
import type { ImageRef } from './image.ts';
import type { WorkOptions } from './progress.ts';
import type { Tensor } from './tensor.ts';

/** The image tower of a backbone as a graph. */
export interface ImageGraph {
  /** A serialised ONNX model with all its weights in it. */
  readonly model: Uint8Array;
  /** Its input for pixels, float32 [N, 3, S, S]. */
  readonly input: string;
  /** The output that features are read from. */
  readonly output: string;
  /** The output is the features [N, D] (`all`), or tokens [N, T, D] whose first one is the feature. */
  readonly take: 'all' | 'first-token';
}

/** A part of an image that is trained on instead of the whole: in fractions of its width and height. */
export interface ImageView {
  readonly left: number;
  readonly top: number;
  /** Over 0; `left + width` is at most 1. */
  readonly width: number;
  /** Over 0; `top + height` is at most 1. */
  readonly height: number;
  /** Mirrored left to right. */
  readonly flip: boolean;
}

/** What `pixels` may be told. */
export interface PixelOptions extends WorkOptions {
  /** A view of each image, scaled to S × S; `undefined`: the model's own preprocessing. Default: all of them so. */
  readonly views?: readonly (ImageView | undefined)[] | undefined;
}

/** What a backbone with `graph` offers to those who train through it. */
export interface TrainableBackbone {
  readonly fingerprint: string;
  /** S in pixels. */
  readonly imageSize: number;
  /** D. */
  readonly featureDim: number;
  /** The image tower; features computed by it equal those of the backbone up to rounding. */
  graph(): Promise<ImageGraph>;
  /**
   * Images as the graph's input: decoded, resized and normalised as the model wants it.
   *
   * @returns float32 [N, 3, S, S], owned by the caller.
   * @throws ClError `UNREADABLE_IMAGE` naming every image that cannot be decoded; `INVALID_DATA` for a view
   * outside its image; `ABORTED`; `DISPOSED`.
   */
  pixels(images: readonly ImageRef[], options?: PixelOptions): Promise<Tensor<'float32'>>;
}
