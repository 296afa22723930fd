/**
 * Learning without forgetting (Li and Hoiem, TPAMI 2018) on a linear head: on the new images the columns of old classes
 * are to answer as they did before,
 *
 *   L = L_CE + λ · 1/N Σₙ Σ_{c old} −softmax(z*ₙ/T)_c ln softmax(zₙ/T)_c   (eq. 2 to 4; z* the logits of the head before).
 */
import type { Value } from '@cl/autodiff';
import { assertState, defineLearner, type LearnerPlugin } from '@cl/hub';
import { ClosedLearner, emptyHead, headClasses, type LinearHead } from '@cl/training';
import { z } from 'zod';
import { featureScaleHelp } from './features.ts';
import {
  HeadMethod,
  headSeed,
  savedHead,
  type HeadOptions,
  type Remembering,
} from './head-method.ts';
import { headDefaults, headHelp, headShape, type LossParts } from './head-training.ts';
import { everyScenario, sequential } from './promises.ts';

/** Options of {@link lwf}. */
export interface LwfOptions extends HeadOptions {
  readonly strength: number;
  readonly temperature: number;
  readonly logits: 'all' | 'current';
}

const name = 'lwf';

/** A sequential linear probe that distils its own old answers. */
export const lwf: LearnerPlugin<LwfOptions> = defineLearner({
  name,
  description: 'Learning without forgetting on a linear head: distils old answers on new images.',
  defaults: { strength: 1, temperature: 2, logits: 'current', features: 'unit', ...headDefaults },
  help: {
    strength: 'λ: weight of the distillation; 0 is the sequential linear probe.',
    temperature: 'T: softens the old answers.',
    logits:
      'Cross-entropy over the classes of the experience (current, as published) or over all classes seen (all).',
    features: featureScaleHelp,
    ...headHelp,
  },
  schema: z.object({
    strength: z.number().min(0).max(1e6),
    temperature: z.number().positive().max(1e3),
    logits: z.enum(['all', 'current']),
    features: z.enum(['unit', 'raw']),
    ...headShape,
  }),
  presets: {
    paper: { help: 'λ 1 and T 2, as published.', values: { strength: 1, temperature: 2 } },
    pilot: { help: 'λ 3 and T 2, as in PILOT.', values: { strength: 3, temperature: 2 } },
  },
  needs: ['image-features'],
  scenarios: everyScenario,
  capabilities: () => sequential,
  async create(options, { features: source, random }) {
    const head = emptyHead(source.featureDim);
    const remembering = teacherOf(options, head);
    const parts = { name, source, options, seed: headSeed(random), head, remembering };
    return new ClosedLearner(name, new HeadMethod(parts));
  },
  async restore(state, options, { features: source }) {
    assertState(name, state);
    const { seed, head } = savedHead(name, state, source);
    const remembering = teacherOf(options, head);
    const parts = { name, source, options, seed, head, remembering };
    return new ClosedLearner(name, new HeadMethod(parts), state);
  },
});

function teacherOf(options: LwfOptions, old: LinearHead): Remembering {
  const { strength, logits } = options;
  const taught = strength > 0 && headClasses(old) > 0;
  return {
    prepare: (fresh, head, { current }) => ({
      ...fresh,
      head,
      allowed: logits === 'current' ? current : undefined,
      penalty: taught ? (parts) => distillation(parts, options, old) : undefined,
    }),
    after: async (_fresh, head) => teacherOf(options, head),
    tensors: {},
    keeps: 'nothing',
  };
}

function distillation(
  { g, features, logits }: LossParts,
  { strength, temperature }: LwfOptions,
  old: LinearHead,
): Value {
  const [weight, bias] = [g.constant(old['head.weight']), g.constant(old['head.bias'])];
  const before = g.add(g.matMul(features, weight), bias);
  const now = g.slice(logits, 1, 0, headClasses(old));
  const target = g.softmax(g.mul(before, 1 / temperature), 1);
  const answer = g.logSoftmax(g.mul(now, 1 / temperature), 1);
  return g.mul(g.sumAll(g.mul(target, answer)), -strength / logits.dims[0]!);
}
