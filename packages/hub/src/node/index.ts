/**
 * Files of the protocol: saved learners, safetensors, atomic writes. Node only.
 *
 * @packageDocumentation
 */
export { writeFileAtomic } from './atomic-file.ts';
export { readSafetensors, writeSafetensors } from './safetensors.ts';
export type { ReadSafetensorsOptions } from './safetensors.ts';
export { sha256File } from './streams.ts';
export type { FileDigest } from './streams.ts';
