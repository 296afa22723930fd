/** Small models in Hugging Face layout, built with `@cl/onnx` where a test needs to know every number. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphBuilder, writeModel } from '@cl/onnx';

/** CLIP's preprocessor at a size, as `preprocessor_config.json` has it. */
export const clipPreprocessor = (size: number): Record<string, unknown> => ({
  crop_size: { height: size, width: size },
  do_center_crop: true,
  do_convert_rgb: true,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_processor_type: 'CLIPImageProcessor',
  image_std: [0.26862954, 0.26130258, 0.27577711],
  resample: 3,
  rescale_factor: 0.00392156862745098,
  size: { shortest_edge: size },
});

/**
 * A "vision transformer" that gives its input back: `pooler_output` is `pixel_values` as [N, 3·S·S], and
 * `last_hidden_state` the same as one token and a second token of zeros. What the backbone feeds to a model can so
 * be looked at from outside.
 */
export function writeEchoModel(folder: string, size: number, preprocessor: object): string {
  const width = 3 * size * size;
  const graph = new GraphBuilder({ opset: 17, irVersion: 8 });
  const pixels = graph.input('pixel_values', 'float32', ['batch', 3, size, size]);
  graph.node('Flatten', [pixels], { axis: 1n }, { outputs: ['pooler_output'] });
  const axis = graph.initializer('axis', { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) });
  const token = graph.node('Unsqueeze', ['pooler_output', axis]);
  const nothing = graph.node('Sub', [token, token]);
  graph.node('Concat', [token, nothing], { axis: 1n }, { outputs: ['last_hidden_state'] });
  graph.output('pooler_output', 'float32', ['batch', width]);
  graph.output('last_hidden_state', 'float32', ['batch', 2, width]);
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  writeFileSync(join(folder, 'onnx', 'model.onnx'), writeModel(graph.build()));
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ model_type: 'vit', hidden_size: width, image_size: size }),
  );
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(preprocessor));
  return folder;
}
