/**
 * __DESCRIPTION__
 *
 * @packageDocumentation
 */
export * from './my-plugin.ts';
