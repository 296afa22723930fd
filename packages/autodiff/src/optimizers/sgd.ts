/** Stochastic gradient descent with momentum, as PyTorch defines it. */
import type { Update } from '../kernels/arithmetic.ts';
import type { ParameterStore } from '../parameter-store.ts';
import {
  assertRange,
  stretchesOf,
  type Optimizer,
  type OptimizerPlan,
  type ParameterGroup,
} from './optimizer.ts';
import { startSwept, type SweptOptimizer } from './swept.ts';

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** α; 0.01 when absent. */
  readonly learningRate?: number;
  /** μ; 0 when absent: no memory. */
  readonly momentum?: number;
  /** `nesterov` looks one step ahead; `classical` when absent. */
  readonly form?: 'classical' | 'nesterov';
  /** λ, added to the gradient as λw; 0 when absent. */
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
}

/**
 * Gradient descent: with g the gradient plus λw,
 *
 *   u ← μ u + g (u = g at the first step),   w ← w − α u,   or w ← w − α (g + μ u) in Nesterov's form.
 *
 * @throws ClError `INVALID_OPTION` for options out of range.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const {
    learningRate = 0.01,
    momentum = 0,
    form = 'classical',
    weightDecay = 0,
    groups = [],
  } = options;
  assertRange('sgd', 'momentum', momentum, 0, 1);
  const numbers = { momentum, lookahead: form === 'nesterov' ? 1 : 0 };
  const plan = (store: ParameterStore): OptimizerPlan => ({
    name: 'sgd',
    numbers,
    stretches: stretchesOf(store, { learningRate, weightDecay }, groups),
  });
  return {
    name: 'sgd',
    plan,
    start: (store) => startSwept(sweptSgd(numbers), store, plan(store).stretches),
  };
}

/** The optimiser without the parameters. */
export function sweptSgd(numbers: OptimizerPlan['numbers']): SweptOptimizer {
  const { momentum, lookahead } = numbers as Record<'momentum' | 'lookahead', number>;
  const shares = lookahead === 1 ? [momentum, 1] : [1, 0];
  const still = momentum === 0;
  return {
    name: 'sgd',
    update: still ? descentUpdate : momentumUpdate,
    history: still ? [] : ['velocity'],
    scalars: ({ weightDecay: decay }, rate, _, scale) => [
      ...[rate, decay, scale],
      ...(still ? [] : [momentum, ...shares]),
    ],
  };
}

/** Without memory: scalars are α, λ and the gradient's factor. */
export const descentUpdate: Update = {
  history: 0,
  scalars: 3,
  move: (f, w, gradient, _, [rate, decay, factor]) => {
    const g = f.add(f.mul(gradient, factor), f.mul(decay, w));
    return { weight: f.sub(w, f.mul(rate, g)), history: [] };
  },
};

/** With a velocity u, which starts at 0, so that the first is g. Further scalars: μ, and the shares of u and g. */
export const momentumUpdate: Update = {
  history: 1,
  scalars: 6,
  move: (f, w, gradient, [u], [rate, decay, factor, momentum, ofVelocity, ofGradient]) => {
    const g = f.keep(f.add(f.mul(gradient, factor), f.mul(decay, w)));
    const velocity = f.keep(f.add(f.mul(momentum, u), g));
    const direction = f.add(f.mul(ofVelocity, velocity), f.mul(ofGradient, g));
    return { weight: f.sub(w, f.mul(rate, direction)), history: [velocity] };
  },
};
