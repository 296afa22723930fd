/** CLIP: an image tower and a text tower that share a space (Radford et al., ICML 2021). */
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

/** Options of {@link clip}. */
export interface ClipOptions extends BackboneOptions {
  /** The factor on cosines; 0: what the model says (see {@link clip}). */
  readonly logitScale: number;
}

/** What transformers writes as `logit_scale_init_value` unless told otherwise: the value before training. */
const untrainedLogitScale = 2.6592;

/** The trained factor of OpenAI's and LAION's CLIPs: all of them end at the clamp of 100. */
const usualLogitScale = 100;

/**
 * CLIP models exported as two towers, `onnx/vision_model.onnx` with `image_embeds` and `onnx/text_model.onnx` with
 * `text_embeds`: those of Xenova and onnx-community, and `@cl/tiny-clip`.
 *
 * The trained logit scale is not part of the towers. It is `exp(logit_scale_init_value)` of `config.json` where that
 * is not CLIP's initial 2.6592, else 100; the option `logitScale` overrules both.
 */
export const clip: BackbonePlugin<ClipOptions> = defineBackbone<ClipOptions>({
  name: 'clip',
  description: 'CLIP: images and texts in one space, from a Hub id or a folder.',
  defaults: { model: 'Xenova/clip-vit-base-patch16', ...commonDefaults, logitScale: 0 },
  help: { ...commonHelp, logitScale: 'the factor on cosines; 0: what the model says, else 100' },
  schema: z.object({ ...commonShape, logitScale: z.number().min(0) }),
  provides: ['image-features', 'text-features', 'graph'],
  async create(options, work) {
    const suffix = dtypeSuffixes[options.dtype];
    const image = `onnx/vision_model${suffix}.onnx`;
    const text = `onnx/text_model${suffix}.onnx`;
    const folder = await modelFolder(
      locationOf(options),
      [
        { name: 'config.json' },
        { name: 'preprocessor_config.json' },
        { name: 'tokenizer.json' },
        { name: 'tokenizer_config.json' },
        { name: image },
        { name: `${image}_data`, optional: true },
        { name: text },
        { name: `${text}_data`, optional: true },
      ],
      work,
    );
    const config = await readModelJson(folder, 'config.json');
    const featureDim = config['projection_dim'];
    if (typeof featureDim !== 'number') {
      throw new ClError(
        'INVALID_MODEL',
        `clip: config.json of "${options.model}" is of a ${String(config['model_type'])} and has no ` +
          'projection_dim, expected a CLIP. Choose a CLIP model, or the backbone vit.',
      );
    }
    const { LoadedBackbone } = await import('./loaded-backbone.ts');
    return LoadedBackbone.load({
      options,
      folder,
      featureDim,
      logitScale: options.logitScale || trainedScale(config['logit_scale_init_value']),
      image: { path: join(folder, image), output: { name: 'image_embeds', take: 'all' } },
      text: { path: join(folder, text), output: { name: 'text_embeds', take: 'all' } },
    });
  },
});

function trainedScale(logarithm: unknown): number {
  const trained = typeof logarithm === 'number' && Math.abs(logarithm - untrainedLogitScale) > 1e-3;
  return trained ? Math.exp(logarithm) : usualLogitScale;
}
