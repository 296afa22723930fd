/** The distillation of LwF on a linear head: see {@link lwf}. */
import type { Value } from '@cl/autodiff';
import type { Learner, LearnerContext, LearnerState } from '@cl/hub';
import { headClasses, type LinearHead } from '@cl/training';
import { headLearner, type Remembering } from './head-method.ts';
import type { LossParts } from './head-training.ts';
import type { LwfOptions } from './lwf.ts';

/** One that has seen nothing, or the one that was saved; see `headLearner`. */
export function lwfLearner(
  name: string,
  options: LwfOptions,
  context: LearnerContext,
  state?: LearnerState,
): Learner {
  return headLearner(name, options, context, (head) => teacherOf(options, head), state);
}

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
