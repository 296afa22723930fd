/** Backbones: pretrained encoders that turn images (and texts) into features. */
import type { ImageRef } from './image.ts';
import type { TrainableBackbone } from './image-graph.ts';
import { brand, type Plugin, type PluginDefinition } from './plugin.ts';
import type { WorkOptions } from './progress.ts';
import type { Matrix } from './tensor.ts';

/** What a backbone can give and a learner may need. */
export type BackboneCapability = 'image-features' | 'text-features' | 'graph';

/** A loaded backbone. Everyone who asks for it shares one. */
export interface Backbone {
  /** Hub id or folder, as the user named it. */
  readonly id: string;
  /**
   * SHA-256 over weights, preprocessing and dtype, and over the provider where its numbers differ. It keys feature caches
   * and saved learners: equal fingerprints promise equal features.
   */
  readonly fingerprint: string;
  readonly capabilities: readonly BackboneCapability[];
  /** The provider that runs it: `cpu`, `webgpu`, `cuda`, … */
  readonly device: string;
  readonly dtype: string;
  /** Square input size in pixels. */
  readonly imageSize: number;
  /** Width D of the features. */
  readonly featureDim: number;
  /** The factor on cosines before the softmax (CLIP's exp(logit_scale)); with `text-features` only. */
  readonly logitScale?: number;

  /**
   * Features of images, in their order, as the model gives them (not normalised).
   *
   * @returns float32 [N, D], owned by the caller.
   * @throws ClError `UNREADABLE_IMAGE` naming every image that cannot be decoded; `ABORTED`; `DISPOSED`.
   */
  embedImages(images: readonly ImageRef[], options?: WorkOptions): Promise<Matrix<Float32Array>>;

  /**
   * Features of texts in the space of the image features, not normalised. There with `text-features`.
   *
   * @returns float32 [N, D], owned by the caller.
   */
  embedTexts?(texts: readonly string[], options?: WorkOptions): Promise<Matrix<Float32Array>>;

  /** The image tower for those who train through it. There with `graph`. */
  graph?: TrainableBackbone['graph'];

  /** The input of that tower. There with `graph`. */
  pixels?: TrainableBackbone['pixels'];

  /** Frees native memory and threads; safe to call twice. */
  dispose(): Promise<void>;
}

/** The backbone as those who train through it get it; `undefined` for one without `graph`. */
export function trainableOf(backbone: Backbone): TrainableBackbone | undefined {
  const { graph, pixels } = backbone;
  return graph === undefined || pixels === undefined
    ? undefined
    : (backbone as Backbone & TrainableBackbone);
}

/**
 * Features on demand, remembered: what learners are given instead of a backbone. Same shapes and
 * errors as {@link Backbone}.
 */
export interface FeatureSource {
  /** Fingerprint of the backbone behind it. */
  readonly fingerprint: string;
  readonly featureDim: number;
  readonly logitScale?: number;
  /** float32 [N, D]. */
  images(images: readonly ImageRef[], options?: WorkOptions): Promise<Matrix<Float32Array>>;
  /** float32 [N, D]; there when the backbone has `text-features`. */
  texts?(texts: readonly string[], options?: WorkOptions): Promise<Matrix<Float32Array>>;
}

/** Makes loaded backbones. */
export interface BackbonePlugin<O extends object = object> extends Plugin<'backbone', O> {
  /** What the backbones made by it may offer. */
  readonly provides: readonly BackboneCapability[];
  /**
   * Loads a backbone.
   *
   * @throws ClError `NOT_FOUND`, `INVALID_MODEL`, `DEVICE_UNAVAILABLE`, `DOWNLOAD_FAILED`.
   */
  create(options: O, work?: WorkOptions): Promise<Backbone>;
}

/** Makes a backbone plugin. */
export function defineBackbone<O extends object>(
  definition: PluginDefinition<O> & Pick<BackbonePlugin<O>, 'provides' | 'create'>,
): BackbonePlugin<O> {
  return brand('backbone', definition);
}
