/** The files that a backbone was loaded from, for those who make a model of their own from it. */
import type { Backbone } from '@cl/hub';

/** Absolute paths. */
export interface ModelFiles {
  /** In Hugging Face layout. */
  readonly folder: string;
  /** The ONNX file of the image tower, which `graph()` is read from. */
  readonly image: string;
  /** The ONNX file of the text tower, where there is one. */
  readonly text?: string;
}

/** By backbone: whoever asks need not load what makes backbones. */
const known = new WeakMap<Backbone, ModelFiles>();

/** Notes the files of a backbone of this package. */
export function noteFiles(backbone: Backbone, files: ModelFiles): void {
  known.set(backbone, files);
}

/** The files of a backbone of this package; `undefined` for one of another. */
export function modelFilesOf(backbone: Backbone): ModelFiles | undefined {
  return known.get(backbone);
}
