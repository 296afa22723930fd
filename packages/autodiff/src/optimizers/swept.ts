/** The part that all optimisers share which move each weight by its own gradient and history. */
import type { Tensor } from '@cl/hub';
import type { Update } from '../kernels/arithmetic.ts';
import { createSweep, type Sweep } from '../kernels/sweep.ts';
import { restoreHistory, saveHistory } from './history.ts';
import type { GradientPiece, OptimizerState, Stretch } from './optimizer.ts';

/** What tells one such optimiser from another. */
export interface SweptOptimizer {
  readonly name: string;
  readonly update: Update;
  /** What each number of the history is called in checkpoints. */
  readonly history: readonly string[];
  /** The update's scalars; `step` counts from 1, `scale` multiplies the gradients. */
  readonly scalars: (
    stretch: Stretch,
    rate: number,
    step: number,
    scale: number,
  ) => readonly number[];
}

/** What holds the parameters; asked at each step, so that they may move. */
export interface ValueHolder {
  readonly values: Float32Array;
}

/** Starts it on the values of a store, with no history. */
export function startSwept(
  optimizer: SweptOptimizer,
  store: ValueHolder,
  stretches: readonly Stretch[],
): OptimizerState {
  return new SweptState(optimizer, store, stretches);
}

class SweptState implements OptimizerState {
  readonly #optimizer: SweptOptimizer;
  readonly #store: ValueHolder;
  readonly #stretches: readonly Stretch[];
  readonly #sweep: Sweep;
  #steps = 0;

  constructor(optimizer: SweptOptimizer, store: ValueHolder, stretches: readonly Stretch[]) {
    this.#optimizer = optimizer;
    this.#store = store;
    this.#stretches = stretches;
    this.#sweep = createSweep(optimizer.update, stretches.at(-1)?.end ?? 0);
  }

  get steps(): number {
    return this.#steps;
  }

  step(
    gradients: Float32Array | readonly GradientPiece[],
    rate: (base: number) => number = (base) => base,
    scale = 1,
  ): void {
    this.#steps += 1;
    const { values: weights } = this.#store;
    const pieces =
      gradients instanceof Float32Array ? [{ first: 0, values: gradients }] : gradients;
    for (const stretch of this.#stretches) {
      const now = rate(stretch.learningRate);
      const scalars = this.#optimizer.scalars(stretch, now, this.#steps, scale);
      for (const { first, values } of pieces) {
        const begin = Math.max(stretch.begin, first);
        const end = Math.min(stretch.end, first + values.length);
        this.#sweep.run(weights, values, begin, end, scalars, first);
      }
    }
  }

  save(): Record<string, Tensor> {
    return saveHistory(this.#steps, this.#history());
  }

  restore(state: Readonly<Record<string, Tensor>>): void {
    this.#steps = restoreHistory(this.#optimizer.name, state, this.#history());
  }

  #history(): Record<string, Float32Array> {
    const { history } = this.#optimizer;
    return Object.fromEntries(history.map((name, i) => [name, this.#sweep.history[i]!]));
  }
}
