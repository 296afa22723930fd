/** Models that are known to work: what `cl list` shows. */

/** A model on the Hugging Face Hub. */
export interface KnownModel {
  /** The option `model`. */
  readonly id: string;
  readonly plugin: 'clip' | 'vit';
  /** As the model's card says; SPDX where it is one. */
  readonly license: string;
  /** Megabytes of float32 weights that are downloaded (10⁶ bytes), rounded. */
  readonly megabytes: number;
  /** Width D of the features. */
  readonly featureDim: number;
  /** Square input size in pixels. */
  readonly imageSize: number;
  readonly description: string;
}

/** Exports with the files that {@link clip} and {@link vit} need. Any other with the same files works as well. */
export const knownModels: readonly KnownModel[] = [
  {
    id: 'Xenova/clip-vit-base-patch32',
    plugin: 'clip',
    license: 'MIT',
    megabytes: 606,
    featureDim: 512,
    imageSize: 224,
    description: 'OpenAI CLIP ViT-B/32: the fastest of the family',
  },
  {
    id: 'Xenova/clip-vit-base-patch16',
    plugin: 'clip',
    license: 'MIT',
    megabytes: 599,
    featureDim: 512,
    imageSize: 224,
    description: 'OpenAI CLIP ViT-B/16: the backbone of the RAIL paper',
  },
  {
    id: 'Xenova/clip-vit-large-patch14',
    plugin: 'clip',
    license: 'MIT',
    megabytes: 1711,
    featureDim: 768,
    imageSize: 224,
    description: 'OpenAI CLIP ViT-L/14: more accurate, about five times slower than B/16',
  },
  {
    id: 'Xenova/vit-base-patch16-224-in21k',
    plugin: 'vit',
    license: 'Apache-2.0',
    megabytes: 344,
    featureDim: 768,
    imageSize: 224,
    description: 'ViT-B/16, supervised on ImageNet-21k',
  },
  {
    id: 'Xenova/dino-vitb16',
    plugin: 'vit',
    license: 'Apache-2.0',
    megabytes: 343,
    featureDim: 768,
    imageSize: 224,
    description: 'ViT-B/16, self-supervised (DINO)',
  },
  {
    id: 'Xenova/dino-vits16',
    plugin: 'vit',
    license: 'Apache-2.0',
    megabytes: 87,
    featureDim: 384,
    imageSize: 224,
    description: 'ViT-S/16, self-supervised (DINO): small',
  },
];
