/**
 * TensorBoard event files from runs of \@cl.
 *
 * @packageDocumentation
 */
export { tensorboard } from './tensorboard.ts';
export type { TensorboardOptions } from './tensorboard.ts';
