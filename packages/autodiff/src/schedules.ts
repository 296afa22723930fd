/** Learning rates over time: pure functions of the step. */
import { assertRange } from './optimizers/optimizer.ts';

/** The learning rate of step 0, 1, 2, … for a group whose own rate is `base`. */
export type Schedule = (step: number, base: number) => number;

/** The base rate throughout. */
export function constant(): Schedule {
  return (_, base) => base;
}

/** Options of {@link cosine}. */
export interface CosineOptions {
  /** T: the rate arrives at the floor at step T and stays there. */
  readonly steps: number;
  /** The last rate; 0 when absent. */
  readonly floor?: number;
  /** The first rate; the group's own when absent. */
  readonly from?: number;
}

/** Half a cosine (Loshchilov and Hutter, ICLR 2017): floor + (base − floor) · (1 + cos πt/T)/2. */
export function cosine({ steps, floor = 0, from }: CosineOptions): Schedule {
  assertRange('cosine', 'steps', steps, 1);
  return (step, base) => {
    const done = Math.min(step / steps, 1);
    return floor + ((from ?? base) - floor) * 0.5 * (1 + Math.cos(Math.PI * done));
  };
}

/** Multiplies the rate by `factor` after every `every` steps. */
export function stepwise({
  every,
  factor,
}: {
  readonly every: number;
  readonly factor: number;
}): Schedule {
  assertRange('stepwise', 'every', every, 1);
  assertRange('stepwise', 'factor', factor, 0);
  return (step, base) => base * factor ** Math.floor(step / every);
}

/** Rises in a line from `start` · base to base within `steps`, then follows `then` from its own step 0. */
export function warmUp(
  { steps, start = 0 }: { readonly steps: number; readonly start?: number },
  then: Schedule,
): Schedule {
  assertRange('warmUp', 'steps', steps, 1);
  assertRange('warmUp', 'start', start, 0);
  return (step, base) => {
    if (step >= steps) return then(step - steps, base);
    return base * (start + ((1 - start) * step) / steps);
  };
}

/** A fixed rate, whatever the base, for `steps` steps; then follows `then` from its own step 0. */
export function frozen(
  { steps, rate }: { readonly steps: number; readonly rate: number },
  then: Schedule,
): Schedule {
  assertRange('frozen', 'steps', steps, 0);
  assertRange('frozen', 'rate', rate, 0);
  return (step, base) => (step < steps ? rate : then(step - steps, base));
}

/** Changes once an epoch: the inner schedule counts epochs. */
export function perEpoch(stepsPerEpoch: number, inner: Schedule): Schedule {
  assertRange('perEpoch', 'stepsPerEpoch', stepsPerEpoch, 1);
  return (step, base) => inner(Math.floor(step / stepsPerEpoch), base);
}

/**
 * The first step at the base rate, the others as scheduled: what happens where a loop sets the scheduled rate after its
 * step, as VQ-Prompt's code does at the start of every task.
 */
export function firstStepAtBase(inner: Schedule): Schedule {
  return (step, base) => (step === 0 ? base : inner(step, base));
}

/** Options of {@link vqPromptCosine}. */
export interface VqPromptCosineOptions {
  /** F: steps at the floor's rate before the cosine starts; 80 for CIFAR-100. */
  readonly frozenSteps: number;
  /** Steps in all that the schedule is made for; 800 for CIFAR-100. Training may stop before. */
  readonly totalSteps: number;
  /** 1e-6 when absent. */
  readonly floor?: number;
}

/** VQ-Prompt's schedule for CIFAR-100 and ImageNet-R, as its code runs it: frozen, then a cosine; first step at base. */
export function vqPromptCosine({
  frozenSteps,
  totalSteps,
  floor = 1e-6,
}: VqPromptCosineOptions): Schedule {
  const falling = cosine({ steps: totalSteps - frozenSteps, floor });
  return firstStepAtBase(frozen({ steps: frozenSteps, rate: floor }, falling));
}

/** VQ-Prompt's schedule for CUB-200: base · cos( 99π e / 200(K − 1) ) in epoch e of K. */
export function vqPromptEpochCosine({
  epochs,
  stepsPerEpoch,
}: {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}): Schedule {
  assertRange('vqPromptEpochCosine', 'epochs', epochs, 2);
  return perEpoch(
    stepsPerEpoch,
    (epoch, base) => base * Math.cos((99 * Math.PI * epoch) / (200 * (epochs - 1))),
  );
}
