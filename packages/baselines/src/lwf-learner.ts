/** The distillation of LwF on a linear head: see {@link lwf}. */
import type { Value } from '@cl/autodiff';
import { assertState, type Learner, type LearnerContext, type LearnerState } from '@cl/hub';
import { ClosedLearner, emptyHead, headClasses, type LinearHead } from '@cl/training';
import { HeadMethod, headSeed, savedHead, type Remembering } from './head-method.ts';
import type { LossParts } from './head-training.ts';
import type { LwfOptions } from './lwf.ts';

/** A learner that has seen nothing. */
export function createLwf(
  name: string,
  options: LwfOptions,
  { features: source, random }: LearnerContext,
): Learner {
  const head = emptyHead(source.featureDim);
  const remembering = teacherOf(options, head);
  const parts = { name, source, options, seed: headSeed(random), head, remembering };
  return new ClosedLearner(name, new HeadMethod(parts));
}

/**
 * The learner that was saved.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function restoreLwf(
  name: string,
  state: LearnerState,
  options: LwfOptions,
  { features: source }: LearnerContext,
): Learner {
  assertState(name, state);
  const { seed, head } = savedHead(name, state, source);
  const remembering = teacherOf(options, head);
  const parts = { name, source, options, seed, head, remembering };
  return new ClosedLearner(name, new HeadMethod(parts), state);
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
