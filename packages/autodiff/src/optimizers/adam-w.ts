/** Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019, algorithm 2). */
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

/** Options of {@link adamW}; the defaults are PyTorch's. */
export interface AdamWOptions {
  /** α; 0.001 when absent. */
  readonly learningRate?: number;
  /** β₁, of the mean of gradients; 0.9 when absent. */
  readonly beta1?: number;
  /** β₂, of the mean of their squares; 0.999 when absent. */
  readonly beta2?: number;
  /** ε beside √v̂; 1e-8 when absent. */
  readonly epsilon?: number;
  /** λ: a step takes away α·λ of a weight; 0.01 when absent. */
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
}

/**
 * AdamW: with g the gradient at step t = 1, 2, …,
 *
 *   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
 *   w ← w − α λ w − α · m/(1 − β₁ᵗ) / ( √(v/(1 − β₂ᵗ)) + ε )
 *
 * @throws ClError `INVALID_OPTION` for options out of range.
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const { learningRate = 0.001, weightDecay = 0.01, groups = [], ...rest } = options;
  const numbers = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...rest };
  assertRange('adamW', 'beta1', numbers.beta1, 0, 1);
  assertRange('adamW', 'beta2', numbers.beta2, 0, 1);
  assertRange('adamW', 'epsilon', numbers.epsilon, 0);
  const plan = (store: ParameterStore): OptimizerPlan => ({
    name: 'adamW',
    numbers,
    stretches: stretchesOf(store, { learningRate, weightDecay }, groups),
  });
  return {
    name: 'adamW',
    plan,
    start: (store) => startSwept(sweptAdamW(numbers), store, plan(store).stretches),
  };
}

/** The optimiser without the parameters. */
export function sweptAdamW(numbers: OptimizerPlan['numbers']): SweptOptimizer {
  const { beta1, beta2, epsilon } = numbers as Record<'beta1' | 'beta2' | 'epsilon', number>;
  return {
    name: 'adamW',
    update: adamWUpdate,
    history: ['mean', 'square'],
    scalars: ({ weightDecay: decay }, rate, step, scale) => [
      ...[beta1, 1 - beta1, beta2, 1 - beta2],
      ...[rate / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step), epsilon],
      ...[rate * decay, scale],
    ],
  };
}

/** One weight: scalars are β₁, 1 − β₁, β₂, 1 − β₂, α/(1 − β₁ᵗ), 1/√(1 − β₂ᵗ), ε, αλ and the gradient's factor. */
export const adamWUpdate: Update = {
  history: 2,
  scalars: 9,
  move: (f, w, gradient, [m, v], scalars) => {
    const [beta1, rest1, beta2, rest2, rate, scale, epsilon, decay, factor] = scalars;
    const g = f.keep(f.mul(gradient, factor));
    const mean = f.keep(f.add(f.mul(beta1, m), f.mul(rest1, g)));
    const square = f.keep(f.add(f.mul(beta2, v), f.mul(rest2, f.mul(g, g))));
    const direction = f.div(f.mul(rate, mean), f.add(f.mul(f.sqrt(square), scale), epsilon));
    return {
      weight: f.sub(w, f.add(f.mul(decay, w), direction)),
      history: [mean, square],
    };
  },
};
