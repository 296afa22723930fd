/** The options that every backbone has: one place for defaults, help and checks. */
import { z } from 'zod';
import { defaultCacheDir } from '@cl/hub/node';
import { devices, type Device } from './device.ts';
import type { ModelLocation } from './model-folder.ts';

/** File name endings of ONNX weights, as transformers.js names them. */
export const dtypeSuffixes = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const;

/** How the weights are stored. */
export type WeightType = keyof typeof dtypeSuffixes;

/** Options of every backbone. */
export interface BackboneOptions {
  /** Hub id, or path of a folder in Hugging Face layout. */
  readonly model: string;
  readonly device: Device;
  readonly dtype: WeightType;
  /** Branch, tag or commit of a model from a hub. */
  readonly revision: string;
  /** Base address of the hub; empty: `$HF_ENDPOINT`, else huggingface.co. */
  readonly mirror: string;
  /** Folder for downloads; empty: `$CL_CACHE_DIR`, else `~/.cache/cl`. */
  readonly cacheDir: string;
  /** Images in one run of the model; 0: by their size, 8 at 224 pixels and 64 at 48. */
  readonly batchSize: number;
  /** Threads within an operator; 0: one a core, or this trial's share of them (`sessionThreads` of `@cl/hub/node`). */
  readonly threads: number;
  /**
   * Loads the model when the first image or text is embedded, never where all features are cached. A broken file is then
   * told of as late.
   */
  readonly lazy: boolean;
}

/** Defaults of what does not depend on the family. */
export const commonDefaults: Omit<BackboneOptions, 'model'> = {
  device: 'auto',
  dtype: 'fp32',
  revision: 'main',
  mirror: '',
  cacheDir: '',
  batchSize: 0,
  threads: 0,
  lazy: false,
};

/** Help of the common options. */
export const commonHelp: Readonly<Record<keyof BackboneOptions, string>> = {
  model: 'Hub id, or path of a folder in Hugging Face layout',
  device: `one of ${devices.join(', ')}`,
  dtype: `how the weights are stored: ${Object.keys(dtypeSuffixes).join(', ')}`,
  revision: 'branch, tag or commit of a model from a hub',
  mirror: 'base address of the hub ($HF_ENDPOINT, else https://huggingface.co)',
  cacheDir: 'folder for downloads ($CL_CACHE_DIR, else ~/.cache/cl)',
  batchSize: 'images in one run of the model; 0: by their size, 8 at 224 pixels',
  threads: 'threads within an operator; 0: one a core',
  lazy: 'load the model with the first image that is not cached, not at once',
};

/** Checks of the common options. */
export const commonShape: { [K in keyof BackboneOptions]: z.ZodType<BackboneOptions[K]> } = {
  model: z.string().min(1),
  device: z.enum(devices),
  dtype: z.enum(Object.keys(dtypeSuffixes) as [WeightType, ...WeightType[]]),
  revision: z.string().min(1).max(200),
  mirror: z.union([z.literal(''), z.url({ protocol: /^https?$/u })]),
  cacheDir: z.string(),
  batchSize: z.int().min(0).max(1024),
  threads: z.int().min(0).max(256),
  lazy: z.boolean(),
};

/** Where the options say that the model is. */
export function locationOf(options: BackboneOptions): ModelLocation {
  const { model, revision, mirror, cacheDir } = options;
  const hub = process.env['HF_ENDPOINT'] ?? '';
  return {
    model,
    revision,
    mirror: mirror || hub || 'https://huggingface.co',
    cacheDir: cacheDir || defaultCacheDir(),
  };
}
