/** The files of a backbone in Hugging Face layout: what is pushed and pulled of it, and what is not. */
import { ClError } from '@cl/hub';

const part = String.raw`[A-Za-z0-9_][A-Za-z0-9._-]{0,120}`;
const top = new RegExp(
  `^(?:README\\.md|LICEN[SC]E(?:\\.[a-z]+)?|${part}\\.(?:json|txt|model))$`,
  'u',
);
const weights = new RegExp(`^onnx/${part}\\.onnx(?:_data(?:_[0-9]+)?)?$`, 'u');

/**
 * Whether a path in a repository is part of a backbone: configuration, tokenizer, card and licence beside it, and graphs with
 * their weights under `onnx/`. Nothing that could lead out of a folder is.
 */
export function isModelFile(path: string): boolean {
  return !path.includes('..') && (top.test(path) || weights.test(path));
}

/**
 * Refuses files that are no backbone.
 *
 * @throws ClError `NOT_FOUND`.
 */
export function assertModel(where: string, names: readonly string[]): void {
  const missing = [
    ...(names.includes('config.json') ? [] : ['config.json']),
    ...(names.some((name) => name.endsWith('.onnx')) ? [] : ['onnx/*.onnx']),
  ];
  if (missing.length === 0) return;
  throw new ClError(
    'NOT_FOUND',
    `${where}: there is no ${missing.join(' and no ')}, expected a model in Hugging Face layout. ` +
      'cl export writes such folders.',
  );
}
