/**
 * The parts of the command line `cl` that configuration files import.
 *
 * @packageDocumentation
 */
export { defineConfig } from './config.ts';
export type { ClConfig } from './config.ts';
