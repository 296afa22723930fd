/**
 * Parameters, gradients and optimiser of a training, in the thread that runs its sessions: nothing as large as the model
 * crosses threads in a step.
 */
import { throwIfAborted, type Tensor } from '@cl/hub';
import { gradientName } from './backward.ts';
import { GradientAccumulator, clipScale, sumOfSquares } from './optimizers/clip.ts';
import type { GradientPiece, OptimizerState } from './optimizers/optimizer.ts';
import { startPlan } from './optimizers/plan.ts';
import type { ParameterEntry } from './parameter-store.ts';
import {
  Control,
  type ReadCall,
  type ReadResult,
  type StartCall,
  type StepCall,
  type StepResult,
} from './session-messages.ts';
import type { Sessions } from './sessions.ts';

/** A training at work. */
export class TrainingState {
  readonly #sessions: Sessions;
  readonly #entries: readonly ParameterEntry[];
  readonly #loss: string;
  readonly #cells: Int32Array;
  /** All parameters, one after the other. Sessions read them where they lie. None before the first step. */
  #values: Float32Array<ArrayBuffer> = new Float32Array(0);
  readonly #optimizer: OptimizerState;
  /** Of micro-batches; made when first needed. */
  #sum: { readonly all: Float32Array; readonly accumulator: GradientAccumulator } | undefined;

  constructor(sessions: Sessions, { entries, plan, loss }: StartCall, cells: Int32Array) {
    this.#sessions = sessions;
    this.#entries = entries;
    this.#loss = loss;
    this.#cells = cells;
    this.#optimizer = startPlan(plan, this);
  }

  get values(): Float32Array {
    return this.#values;
  }

  async step(call: StepCall): Promise<StepResult> {
    if (call.values !== undefined) this.#adopt(call.values);
    const { loss, gradients } = await this.#gradientsOfAll(call.parts);
    const squares = gradients.map(({ values }) => sumOfSquares(values));
    const gradientNorm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      const norms = this.#entries.map(({ name, offset, length }) => {
        const inside = gradients.map(({ first, values }) =>
          sumOfSquares(values.subarray(Math.max(0, offset - first), Math.max(0, offset + length - first))),
        ); // prettier-ignore
        return { name, norm: Math.sqrt(inside.reduce((sum, square) => sum + square, 0)) };
      });
      return { loss, gradientNorm, norms };
    }
    this.#throwIfAborted();
    const rates = new Map(call.rates);
    const { maxGradientNorm = Infinity } = call;
    const scale = clipScale(gradientNorm, maxGradientNorm);
    this.#optimizer.step(gradients, (base) => rates.get(base)!, scale);
    return { loss, gradientNorm };
  }

  read(what: ReadCall['what']): ReadResult {
    return {
      ...(what === 'history' ? {} : { values: this.#values.slice() }),
      ...(what === 'values' ? {} : { history: this.#optimizer.save() }),
    };
  }

  /** Gives the number of steps taken. */
  restore(history: Readonly<Record<string, Tensor>>): number {
    this.#optimizer.restore(history);
    return this.#optimizer.steps;
  }

  /** Takes an array as it is: a copy would be as large as the model. */
  #adopt(values: Float32Array<ArrayBuffer>): void {
    this.#values = values;
    const tensors = this.#entries.map(({ name, dims, offset, length }) => {
      return [
        name,
        { dtype: 'float32', dims, data: values.subarray(offset, offset + length) },
      ] as const;
    });
    this.#sessions.set(Object.fromEntries(tensors));
  }

  /** The gradients of the mean over all rows of some batches, and that mean. */
  async #gradientsOfAll(
    parts: StepCall['parts'],
  ): Promise<{ loss: number; gradients: readonly GradientPiece[] }> {
    const [only, ...others] = parts;
    if (only !== undefined && others.length === 0) return this.#gradientsOf(only);
    const { length } = this.#values;
    this.#sum ??= { all: new Float32Array(length), accumulator: new GradientAccumulator(length) };
    const { all, accumulator } = this.#sum;
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    let loss = 0;
    accumulator.clear();
    for (const part of parts) {
      this.#throwIfAborted();
      const { loss: mean, gradients } = await this.#gradientsOf(part);
      loss += mean * (part.rows / rows);
      for (const { first, values } of gradients) all.set(values, first);
      accumulator.add(all, part.rows);
    }
    accumulator.take(all);
    return { loss, gradients: [{ first: 0, values: all }] };
  }

  async #gradientsOf({
    key,
    feeds,
  }: StepCall['parts'][number]): Promise<{ loss: number; gradients: readonly GradientPiece[] }> {
    const results = await this.#sessions.run(key, feeds);
    const gradients = this.#entries.map(({ name, offset }) => ({
      first: offset,
      values: results[gradientName(name)]!.data as Float32Array,
    }));
    return { loss: Number(results[this.#loss]!.data[0]), gradients };
  }

  #throwIfAborted(): void {
    if (Atomics.load(this.#cells, Control.abort) === 1) {
      throwIfAborted('trainer', AbortSignal.abort());
    }
  }
}
