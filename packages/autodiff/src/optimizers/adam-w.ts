/** Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019, algorithm 2). */
import type { Tensor } from '@cl/hub';
import type { ParameterStore } from '../parameter-store.ts';
import { restoreHistory, saveHistory } from './history.ts';
import {
  assertRange,
  stretchesOf,
  type Optimizer,
  type OptimizerState,
  type ParameterGroup,
  type Stretch,
} from './optimizer.ts';

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
  return {
    name: 'adamW',
    start: (store) =>
      new AdamWState(store, stretchesOf(store, { learningRate, weightDecay }, groups), numbers),
  };
}

interface Numbers {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

class AdamWState implements OptimizerState {
  readonly #weights: Float32Array;
  readonly #stretches: readonly Stretch[];
  readonly #numbers: Numbers;
  readonly #history: { readonly mean: Float32Array; readonly square: Float32Array };
  #steps = 0;

  constructor(store: ParameterStore, stretches: readonly Stretch[], numbers: Numbers) {
    this.#weights = store.values;
    this.#stretches = stretches;
    this.#numbers = numbers;
    const { length } = store.values;
    this.#history = { mean: new Float32Array(length), square: new Float32Array(length) };
  }

  get steps(): number {
    return this.#steps;
  }

  step(gradients: Float32Array, rate: (base: number) => number = (base) => base): void {
    this.#steps += 1;
    for (const stretch of this.#stretches)
      this.#move(stretch, gradients, rate(stretch.learningRate));
  }

  #move({ begin, end, weightDecay }: Stretch, g: Float32Array, rate: number): void {
    const { beta1, beta2, epsilon } = this.#numbers;
    const { mean: m, square: v } = this.#history;
    const w = this.#weights;
    const keep = 1 - rate * weightDecay;
    const stepSize = rate / (1 - beta1 ** this.#steps);
    const scale = 1 / Math.sqrt(1 - beta2 ** this.#steps);
    const [rest1, rest2] = [1 - beta1, 1 - beta2];
    for (let i = begin; i < end; i++) {
      const gi = g[i]!;
      const mi = beta1 * m[i]! + rest1 * gi;
      const vi = beta2 * v[i]! + rest2 * gi * gi;
      m[i] = mi;
      v[i] = vi;
      w[i] = keep * w[i]! - (stepSize * mi) / (Math.sqrt(vi) * scale + epsilon);
    }
  }

  save(): Record<string, Tensor> {
    return saveHistory(this.#steps, this.#history);
  }

  restore(state: Readonly<Record<string, Tensor>>): void {
    this.#steps = restoreHistory('adamW', state, this.#history);
  }
}
