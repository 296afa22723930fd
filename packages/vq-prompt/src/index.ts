/**
 * VQ-Prompt: vector-quantised prompts through a frozen ViT.
 *
 * @packageDocumentation
 */
export { growPools, reviveUnused } from './hooks.ts';
export type { PoolChange, PoolPolicy, PoolSituation, VqPromptHooks } from './hooks.ts';
export type { VqPromptOptions } from './options.ts';
export { createVqPrompt, vqPrompt } from './plugin.ts';
export type { Pool } from './pools.ts';
export { keyScores } from './scores.ts';
export type { ScoreFunction, ScoreInputs } from './scores.ts';
