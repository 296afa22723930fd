/** The options of RAIL, their defaults and the paper's. */
import type { Preset } from '@cl/hub';
import type { AdapterTransform, IdDetector } from '@cl/zero-shot';
import { z } from 'zod';
import type { PrimalMemory } from './primal.ts';

/** What can be chosen. */
export interface RailOptions {
  readonly form: 'primal' | 'dual';
  readonly hiddenDim: number;
  readonly ridge: number;
  readonly memory: PrimalMemory;
  readonly kernel: 'rbf' | 'linear';
  readonly gamma: number;
  readonly dualRidge: number;
  readonly adapterWeight: number;
  readonly adapterTransform: AdapterTransform;
  readonly idDetector: IdDetector;
  readonly templates: readonly string[];
  readonly precision: 'float32' | 'mixed' | 'float64';
}

/** For a small machine and a few thousand samples; README.md says how `ridge` was chosen. */
export const defaults: RailOptions = {
  form: 'primal',
  hiddenDim: 4096,
  ridge: 0.03,
  memory: 'auto',
  kernel: 'rbf',
  gamma: 0.1,
  dualRidge: 0.001,
  adapterWeight: 0.8,
  adapterTransform: 'none',
  idDetector: 'argmax',
  templates: [],
  precision: 'mixed',
};

/** One sentence an option. */
export const help: Readonly<Record<keyof RailOptions, string>> = {
  form: 'primal: ridge on a random hidden layer, may forget the samples; dual: kernel ridge, keeps their features.',
  hiddenDim: 'Primal: hidden units (ReLU, random, fixed); 0 regresses on the features themselves.',
  ridge: 'Primal: λ.',
  memory:
    'Primal: statistics keeps sums only (exemplar-free); features keeps all features; auto keeps features while there are ' +
    'fewer than 1.25 samples a hidden unit, then sums: least time and space.',
  kernel: 'Dual: rbf, or linear to compare with.',
  gamma: 'Dual: γ in exp(−γ‖x − y‖²) on unit features.',
  dualRidge: 'Dual: λ.',
  adapterWeight: 'Share of the adapter in fused scores, 0 to 1; the rest is zero-shot.',
  adapterTransform:
    'Before fusing, adapter scores are left as they are (none) or clipped to [0, 1] (clip).',
  idDetector:
    'An image gets fused scores when its likeliest class was learned (argmax), or the learned classes together hold ' +
    'half of the zero-shot probability (mass).',
  templates: 'Prompts for all classes, {} is the class; empty: each class’s own.',
  precision:
    'float64 throughout, float32 throughout, or mixed: features, kernels and scores in float32, sums and factors in float64.',
};

/** Types and ranges. */
export const schema: z.ZodType<RailOptions> = z.object({
  form: z.enum(['primal', 'dual']),
  hiddenDim: z.int().min(0).max(100_000),
  ridge: z.number().positive().max(1e12),
  memory: z.enum(['auto', 'statistics', 'features']),
  kernel: z.enum(['rbf', 'linear']),
  gamma: z.number().positive().max(1e6),
  dualRidge: z.number().positive().max(1e12),
  adapterWeight: z.number().min(0).max(1),
  adapterTransform: z.enum(['none', 'clip']),
  idDetector: z.enum(['argmax', 'mass']),
  templates: z.array(z.string().includes('{}')).readonly(),
  precision: z.enum(['float32', 'mixed', 'float64']),
});

/** The authors' configuration (their code at commit eaac644): one sentence for all domains, float32 state. */
const paper: Partial<RailOptions> = {
  hiddenDim: 15_000,
  ridge: 0.1,
  memory: 'statistics',
  gamma: 0.1,
  dualRidge: 0.001,
  adapterWeight: 0.8,
  adapterTransform: 'none',
  idDetector: 'argmax',
  templates: ['a photo of a {}.'],
};

/** Named sets of values. */
export const presets: Readonly<Record<string, Preset<RailOptions>>> = {
  primal: { help: 'Primal form, 4096 hidden units.', values: { form: 'primal' } },
  dual: { help: 'Dual form, RBF kernel.', values: { form: 'dual' } },
  'exemplar-free': {
    help: 'Primal form that keeps sums only.',
    values: { form: 'primal', memory: 'statistics' },
  },
  paper: {
    help: 'Primal form as published: 15,000 hidden units, λ 0.1, sums only.',
    values: { ...paper, form: 'primal' },
  },
  'paper-dual': {
    help: 'Dual form as published: RBF with γ 0.1, λ 0.001.',
    values: { ...paper, form: 'dual' },
  },
};
