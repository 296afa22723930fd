/** Stochastic gradient descent with momentum, as PyTorch defines it. */
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
  return {
    name: 'sgd',
    start: (store) =>
      new SgdState(
        store,
        stretchesOf(store, { learningRate, weightDecay }, groups),
        momentum,
        form,
      ),
  };
}

class SgdState implements OptimizerState {
  readonly #weights: Float32Array;
  readonly #stretches: readonly Stretch[];
  readonly #momentum: number;
  readonly #form: 'classical' | 'nesterov';
  readonly #history: { readonly velocity: Float32Array };
  #steps = 0;

  constructor(
    store: ParameterStore,
    stretches: readonly Stretch[],
    momentum: number,
    form: 'classical' | 'nesterov',
  ) {
    this.#weights = store.values;
    this.#stretches = stretches;
    this.#momentum = momentum;
    this.#form = form;
    this.#history = { velocity: new Float32Array(momentum === 0 ? 0 : store.values.length) };
  }

  get steps(): number {
    return this.#steps;
  }

  step(gradients: Float32Array, rate: (base: number) => number = (base) => base): void {
    this.#steps += 1;
    for (const stretch of this.#stretches)
      this.#move(stretch, gradients, rate(stretch.learningRate));
  }

  #move({ begin, end, weightDecay }: Stretch, gradients: Float32Array, rate: number): void {
    const [w, u, momentum] = [this.#weights, this.#history.velocity, this.#momentum];
    const [ofVelocity, ofGradient] = this.#form === 'nesterov' ? [momentum, 1] : [1, 0];
    if (momentum === 0) {
      for (let i = begin; i < end; i++) w[i] = w[i]! - rate * (gradients[i]! + weightDecay * w[i]!);
      return;
    }
    for (let i = begin; i < end; i++) {
      const gi = gradients[i]! + weightDecay * w[i]!;
      const ui = momentum * u[i]! + gi; // u starts at 0, so the first is g
      u[i] = ui;
      w[i] = w[i]! - rate * (ofVelocity * ui + ofGradient * gi);
    }
  }

  save(): Record<string, Tensor> {
    return saveHistory(this.#steps, this.#history);
  }

  restore(state: Readonly<Record<string, Tensor>>): void {
    this.#steps = restoreHistory('sgd', state, this.#history);
  }
}
