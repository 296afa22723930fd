/** Image encoders without a text tower: ViT, DeiT, DINO, DINOv2 and others with their interface. */
import { join } from 'node:path';
import { ClError, defineBackbone, type BackbonePlugin } from '@cl/hub';
import { z } from 'zod';
import { modelFolder, readModelJson } from './model-folder.ts';
import {
  commonDefaults,
  commonHelp,
  commonShape,
  dtypeSuffixes,
  locationOf,
  type BackboneOptions,
} from './options.ts';
import type { FeatureOutput } from './worker-messages.ts';

/** Options of {@link vit}. */
export interface VitOptions extends BackboneOptions {
  /** `cls`: the class token of `last_hidden_state`; `pooled`: the output `pooler_output`. */
  readonly pooling: 'cls' | 'pooled';
}

const outputs: Readonly<Record<VitOptions['pooling'], FeatureOutput>> = {
  cls: { name: 'last_hidden_state', take: 'first-token' },
  pooled: { name: 'pooler_output', take: 'all' },
};

/**
 * Vision transformers exported for feature extraction: `onnx/model.onnx` from `pixel_values` to
 * `last_hidden_state` (after the final norm) or `pooler_output`. Exports with a classifier give only `logits` and
 * are refused.
 */
export const vit: BackbonePlugin<VitOptions> = defineBackbone<VitOptions>({
  name: 'vit',
  description: 'ViT, DeiT, DINO and alike: image features, from a Hub id or a folder.',
  defaults: { model: 'Xenova/dino-vitb16', ...commonDefaults, pooling: 'cls' },
  help: { ...commonHelp, pooling: 'cls: the class token; pooled: the output pooler_output' },
  schema: z.object({ ...commonShape, pooling: z.enum(['cls', 'pooled']) }),
  provides: ['image-features', 'graph'],
  async create(options, work) {
    const weights = `onnx/model${dtypeSuffixes[options.dtype]}.onnx`;
    const folder = await modelFolder(
      locationOf(options),
      [
        { name: 'config.json' },
        { name: 'preprocessor_config.json' },
        { name: weights },
        { name: `${weights}_data`, optional: true },
      ],
      work,
    );
    const config = await readModelJson(folder, 'config.json');
    const featureDim = config['hidden_size'];
    if (typeof featureDim !== 'number') {
      throw new ClError(
        'INVALID_MODEL',
        `vit: config.json of "${options.model}" is of a ${String(config['model_type'])} and has no ` +
          'hidden_size, expected a vision transformer. Choose another model, or the backbone clip.',
      );
    }
    const { LoadedBackbone } = await import('./loaded-backbone.ts');
    return LoadedBackbone.load({
      options,
      folder,
      featureDim,
      image: { path: join(folder, weights), output: outputs[options.pooling] },
    });
  },
});
