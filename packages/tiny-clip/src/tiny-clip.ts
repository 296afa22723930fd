import { fileURLToPath } from 'node:url';

/**
 * Absolute path of the model folder in Hugging Face layout (`config.json`, tokenizer, `onnx/`,
 * `model.safetensors`), ready for `@cl/backbone`, transformers.js or Python's transformers.
 */
export const tinyClipPath: string = fileURLToPath(new URL('../model', import.meta.url)); // src/ or dist/

/** What is known of the model. */
export interface TinyClipInfo {
  readonly name: string;
  /** Square input size in pixels. */
  readonly imageSize: number;
  /** Width of the space that images and texts share. */
  readonly featureDim: number;
  readonly parameters: number;
  /** exp(logit_scale), the factor on cosines before the softmax; float16 3.2890625 in the weights. */
  readonly logitScale: number;
  /** Longest text that training prepared the model for; the tokenizer cuts at 32. */
  readonly maxPromptTokens: number;
  /** The sentence patterns of its captions: average their three normalised embeddings. */
  readonly templates: readonly string[];
  readonly license: string;
  /** Lower-case hex SHA-256 of every file, by path relative to {@link tinyClipPath}. */
  readonly files: Readonly<Record<string, string>>;
}

/** Facts about the model in {@link tinyClipPath}; its README says how it was trained and measured. */
export const tinyClipInfo: TinyClipInfo = {
  name: 'tiny-clip',
  imageSize: 48,
  featureDim: 192,
  parameters: 4_139_521,
  logitScale: Math.exp(3.2890625),
  maxPromptTokens: 25,
  templates: ['an icon of {}', 'a picture of {}', '{}'],
  license: 'MIT',
  files: {
    'config.json': '09d717291bcd3df873edae003fca9031478cdd7f54f5e19eda44487881168570',
    'model.safetensors': 'd62949827ca3a768e9512a22940c9e5208d2cffb28f127ad692838a34f50ca02',
    'onnx/text_model.onnx': '6d613d5e6c89f7d09052dae85b28fa01673d24ee8ebc3de07672d37ffc331fc1',
    'onnx/vision_model.onnx': '9bc9d7984404d7362f250d38608ef9fef7177be922c54f3cbffca428ef63a3c0',
    'preprocessor_config.json': 'b362b56ff9b63bfa751969a85a81e82f1fc2ced4d7f9335b82069adda5158e50',
    'special_tokens_map.json': '8f10c4354c8e55785f14bc4bcdb52f5894a269c122578c93a7a0c98e20c31274',
    'tokenizer.json': '34b17e8e181f4b93d18bc7a0e8a6f4c20584a18c356dbb33c684b3efdca63b1e',
    'tokenizer_config.json': '760fd19b7698683b90afa7c912023c3dca6aed5260e1238fe75b9da049ee4b66',
  },
};
