/** The files that a backbone was loaded from, for those who make a model of their own from it. */
import type { Backbone } from '@cl/hub';
import { LoadedBackbone } from './loaded-backbone.ts';

/** Absolute paths. */
export interface ModelFiles {
  /** In Hugging Face layout. */
  readonly folder: string;
  /** The ONNX file of the image tower, which `graph()` is read from. */
  readonly image: string;
  /** The ONNX file of the text tower, where there is one. */
  readonly text?: string;
}

/** The files of a backbone of this package; `undefined` for one of another. */
export function modelFilesOf(backbone: Backbone): ModelFiles | undefined {
  return backbone instanceof LoadedBackbone ? backbone.files : undefined;
}
