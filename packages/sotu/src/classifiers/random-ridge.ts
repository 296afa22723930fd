/**
 * Ridge regression on random features, as RanPAC does (McDonnell et al., NeurIPS 2023): h = ReLU(f W) with W ~ N(0, 1),
 * G = Σ HᵀH and Q = Σ HᵀY over all tasks, weights (G + λI)⁻¹Q.
 */
import {
  createRandom,
  isClError,
  stateTensor,
  throwIfAborted,
  type LearnerState,
  type Matrix,
  type Random,
  type Tensor,
  type WorkOptions,
} from '@cl/hub';
import { cholesky, createGram, Gram, multiply, randomFeatures } from '@cl/linalg';
import type { Classifier, TaskFeatures } from './classifier.ts';

/** How it looks. */
export interface RidgeOptions {
  readonly featureDim: number;
  /** M; 0 regresses on the features themselves. */
  readonly hiddenDim: number;
  /** λ; 0 chooses it anew with each task. */
  readonly ridge: number;
  /** W is drawn from it, and how a task is split to choose λ. */
  readonly seed: number;
}

/** RanPAC's candidates for λ. */
const candidates: readonly number[] = Array.from({ length: 17 }, (_, i) => 10 ** (i - 8));

/** G, Q and the weights that they give. */
interface Solved {
  readonly gram: Gram;
  /** [M, C]. */
  readonly target: Matrix<Float64Array>;
  readonly lambda: number;
  /** [M, C]. */
  readonly weights: Matrix;
}

/** See the file. */
export class RandomRidge implements Classifier {
  readonly #options: RidgeOptions;
  readonly #projection: Matrix | undefined;
  readonly #solved: Solved | undefined;

  private constructor(
    options: RidgeOptions,
    projection: Matrix | undefined,
    solved: Solved | undefined,
  ) {
    this.#options = options;
    this.#projection = projection;
    this.#solved = solved;
  }

  /** One that has seen nothing. */
  static create(options: RidgeOptions): RandomRidge {
    const random = createRandom(options.seed).fork('random features');
    return new RandomRidge(options, projectionOf(options, random), undefined);
  }

  /** From what {@link RandomRidge.save} gave. */
  static async restore(state: LearnerState, options: RidgeOptions): Promise<RandomRidge> {
    const fresh = RandomRidge.create(options);
    const dim = options.hiddenDim || options.featureDim;
    const cols = state.classes.length;
    if (state.experiences === 0) return fresh;
    const packed = stateTensor('sotu', state, 'ridge.gram', ['float64'], [(dim * (dim + 1)) / 2]);
    const target = stateTensor('sotu', state, 'ridge.target', ['float64'], [dim, cols]);
    const lambda = stateTensor('sotu', state, 'ridge.lambda', ['float64'], []).data[0]!;
    const gram = Gram.fromPacked(dim, packed.data);
    return fresh.#with(gram, { rows: dim, cols, data: target.data }, lambda);
  }

  async learn(task: TaskFeatures, work: WorkOptions = {}): Promise<RandomRidge> {
    const hidden = await this.#hidden(task.features, work.signal);
    const { ridge, seed } = this.#options;
    const random = createRandom(seed).fork(`ridge of task ${task.task}`);
    const lambda = ridge > 0 ? ridge : await this.#chosen(task, hidden, random, work);
    const { gram, target } = await this.#sums(hidden, task.labels, task.classes, work.signal);
    return this.#with(gram, target, lambda);
  }

  async scores(features: Matrix<Float32Array>, signal?: AbortSignal): Promise<Matrix> {
    return multiply(await this.#hidden(features, signal), this.#solved!.weights, { signal });
  }

  save(): Record<string, Tensor> {
    if (this.#solved === undefined) return {};
    const { gram, target, lambda } = this.#solved;
    const packed = gram.toPacked() as Float64Array;
    return {
      'ridge.gram': { dtype: 'float64', dims: [packed.length], data: packed },
      'ridge.target': { dtype: 'float64', dims: [target.rows, target.cols], data: target.data },
      'ridge.lambda': { dtype: 'float64', dims: [], data: Float64Array.of(lambda) },
    };
  }

  async #with(gram: Gram, target: Matrix<Float64Array>, lambda: number): Promise<RandomRidge> {
    const weights = await (await cholesky(gram, { ridge: lambda })).solve(target);
    return new RandomRidge(this.#options, this.#projection, { gram, target, lambda, weights });
  }

  async #hidden({ rows, cols, data }: Matrix, signal?: AbortSignal): Promise<Matrix<Float64Array>> {
    const wide = { rows, cols, data: Float64Array.from(data) };
    if (this.#projection === undefined) return wide;
    return (await randomFeatures(wide, this.#projection, signal)) as Matrix<Float64Array>;
  }

  /** G and Q with further rows; what is kept stays as it is. */
  async #sums(
    hidden: Matrix<Float64Array>,
    labels: Int32Array,
    classes: number,
    signal?: AbortSignal,
  ): Promise<{ readonly gram: Gram; readonly target: Matrix<Float64Array> }> {
    const known = this.#solved;
    const { cols: dim } = hidden;
    const gram =
      known === undefined
        ? createGram(dim, 'float64')
        : Gram.fromPacked(dim, known.gram.toPacked());
    await gram.add(hidden, signal);
    const data = new Float64Array(dim * classes);
    const before = known?.target.cols ?? 0;
    for (let m = 0; m < dim; m += 1) {
      for (let c = 0; c < before; c += 1) {
        data[m * classes + c] = known!.target.data[m * before + c]!;
      }
      for (let i = 0; i < labels.length; i += 1) {
        data[m * classes + labels[i]!]! += hidden.data[i * dim + m]!;
      }
    }
    return { gram, target: { rows: dim, cols: classes, data } };
  }

  /** The λ with the least squared error on a fifth of the task, the rest of it and all tasks before being learned. */
  async #chosen(
    { labels, classes }: TaskFeatures,
    hidden: Matrix<Float64Array>,
    random: Random,
    { signal }: WorkOptions,
  ): Promise<number> {
    const order = random.permutation(labels.length);
    const held = order.slice(0, Math.floor(labels.length / 5));
    if (held.length === 0) return 1;
    const rest = order.slice(held.length);
    const { gram, target } = await this.#sums(
      rowsOf(hidden, rest),
      Int32Array.from(rest, (row) => labels[row]!),
      classes,
      signal,
    );
    let best = { lambda: 1, error: Infinity };
    for (const lambda of candidates) {
      throwIfAborted('sotu', signal);
      const weights = await orUndefined(async () =>
        (await cholesky(gram, { ridge: lambda, signal })).solve(target),
      );
      if (weights === undefined) continue; // λ is too small for what float64 can tell apart
      const { data } = await multiply(rowsOf(hidden, held), weights, { signal });
      let error = 0;
      held.forEach((row, i) => {
        for (let c = 0; c < classes; c += 1) {
          error += (data[i * classes + c]! - (c === labels[row] ? 1 : 0)) ** 2;
        }
      });
      if (error < best.error) best = { lambda, error };
    }
    return best.lambda;
  }
}

function projectionOf(options: RidgeOptions, random: Random): Matrix | undefined {
  const { featureDim: rows, hiddenDim: cols } = options;
  if (cols === 0) return undefined;
  return { rows, cols, data: Float64Array.from({ length: rows * cols }, () => random.normal()) };
}

function rowsOf(
  { cols, data }: Matrix<Float64Array>,
  rows: readonly number[],
): Matrix<Float64Array> {
  const picked = new Float64Array(rows.length * cols);
  rows.forEach((row, i) => {
    picked.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return { rows: rows.length, cols, data: picked };
}

async function orUndefined<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isClError(error) && error.code === 'NOT_POSITIVE_DEFINITE') return undefined;
    throw error;
  }
}
