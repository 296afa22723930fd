/**
 * FeCAM for \@cl: each class by the mean and the covariance of its features.
 *
 * @packageDocumentation
 */
export { fecam } from './fecam.ts';
export type { FecamOptions } from './fecam.ts';
