/** Ridge regression on random features, from sums: see {@link ranpac}. */
import {
  assertState,
  ClError,
  createRandom,
  stateTensor,
  type FeatureSource,
  type ImageRef,
  type Learner,
  type LearnerAccount,
  type LearnerContext,
  type LearnerState,
  type Lesson,
  type Matrix,
  type WorkOptions,
} from '@cl/hub';
import {
  cholesky,
  createGram,
  Gram,
  hiddenLayerProduct,
  multiply,
  randomFeatures,
  randomProjection,
} from '@cl/linalg';
import { ClosedLearner, type Method } from '@cl/training/learner';
import { featuresOf } from './features.ts';
import { heldOutRidge } from './held-out-ridge.ts';
import type { RanpacOptions } from './ranpac.ts';

/** A learner that has seen nothing. */
export function createRanpac(
  name: string,
  options: RanpacOptions,
  { features: source, random }: LearnerContext,
): Learner {
  const seed = random.fork('random-projection').uint32(); // RAIL's label: one seed, one hidden layer
  return new ClosedLearner(name, ranpacMethod(options, source, seed));
}

/**
 * The learner that was saved.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function restoreRanpac(
  name: string,
  state: LearnerState,
  options: RanpacOptions,
  { features: source }: LearnerContext,
): Learner {
  assertState(name, state);
  return new ClosedLearner(name, restoredRanpac(name, state, options, source), state);
}

/** The method before its first lesson, on any features. */
export function ranpacMethod(options: RanpacOptions, source: FeatureSource, seed: number): Method {
  const gram = createGram(widthOf(options, source));
  const projection = projectionOf(options, source, seed);
  const statistics = { gram, sums: new Float64Array(0), ridge: options.ridge };
  return new Ranpac({ source, options, seed, projection }, statistics);
}

/**
 * The method of a saved state.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function restoredRanpac(
  where: string,
  state: LearnerState,
  options: RanpacOptions,
  source: FeatureSource,
): Method {
  const { seed, ridge } = state.values;
  if (typeof seed !== 'number' || typeof ridge !== 'number' || !(ridge > 0)) {
    throw new ClError(
      'CORRUPT_FILE',
      `${where}: the saved state has seed ${JSON.stringify(seed)} and ridge ${JSON.stringify(ridge)}, expected an integer ` +
        'and a number over 0. Restore an earlier copy.',
    );
  }
  const width = widthOf(options, source);
  const size = (width * (width + 1)) / 2;
  const { data: packed } = stateTensor(where, state, 'gram', ['float64'], [size]);
  const dims = [state.classes.length, width];
  const { data: sums } = stateTensor(where, state, 'class-sums', ['float64'], dims);
  const projection = projectionOf(options, source, seed);
  const statistics = { gram: Gram.fromPacked(width, packed), sums, ridge };
  return new Ranpac({ source, options, seed, projection }, statistics);
}

interface Parts {
  readonly source: FeatureSource;
  readonly options: RanpacOptions;
  readonly seed: number;
  /** W [D, M]; none without hidden units. */
  readonly projection: Matrix | undefined;
}

interface Statistics {
  readonly gram: Gram;
  /** Qᵀ [C, M], row-major. */
  readonly sums: Float64Array;
  readonly ridge: number;
}

class Ranpac implements Method {
  readonly #parts: Parts;
  readonly #statistics: Statistics;
  /** (G + λI)⁻¹Q [M, C], once it was asked for. */
  #weights: Matrix | undefined;

  constructor(parts: Parts, statistics: Statistics) {
    this.#parts = parts;
    this.#statistics = statistics;
  }

  async learn(lesson: Lesson, work: WorkOptions): Promise<Method> {
    const { gram, ridge } = this.#statistics;
    const { options, seed } = this.#parts;
    const hidden = await this.#lift(lesson.images, work);
    const order = createRandom(seed).fork(`experience-${lesson.index}`);
    const chosen =
      options.lambda === 'held-out'
        ? await heldOutRidge(hidden, lesson, order, ridge, work)
        : options.ridge;
    const sums = this.#sumsWith(hidden, lesson);
    await gram.add(hidden, work.signal); // last, for it cannot be half done: from here on nothing throws
    return new Ranpac(this.#parts, { gram, sums, ridge: chosen });
  }

  async scores(images: readonly ImageRef[], work: WorkOptions): Promise<Matrix> {
    const { source, options, projection } = this.#parts;
    const features = await featuresOf(source, images, options.features, work);
    this.#weights ??= await this.#solve(work.signal);
    return projection === undefined
      ? multiply(features, this.#weights, { signal: work.signal })
      : hiddenLayerProduct(features, projection, this.#weights, work.signal);
  }

  save(): Pick<LearnerState, 'values' | 'tensors'> {
    const { gram, sums, ridge } = this.#statistics;
    const packed = gram.toPacked() as Float64Array;
    return {
      values: { seed: this.#parts.seed, ridge },
      tensors: {
        gram: { dtype: 'float64', dims: [packed.length], data: packed },
        'class-sums': { dtype: 'float64', dims: [sums.length / gram.dim, gram.dim], data: sums },
      },
    };
  }

  describe(): LearnerAccount {
    const { sums, ridge } = this.#statistics;
    const text =
      this.#parts.options.lambda === 'held-out'
        ? 'λ that predicted held-out samples of the last experience best.'
        : 'λ as given.';
    return {
      trainableParameters: sums.length,
      keeps: 'second moments of all random features, their sum for each class',
      insights: [{ kind: 'numbers', title: 'Ridge', text, values: { λ: ridge } }],
    };
  }

  async #lift(images: readonly ImageRef[], work: WorkOptions): Promise<Matrix> {
    const { source, options, projection } = this.#parts;
    const features = await featuresOf(source, images, options.features, work);
    return projection === undefined ? features : randomFeatures(features, projection, work.signal);
  }

  #sumsWith({ cols, data }: Matrix, { labels, classes }: Lesson): Float64Array {
    const sums = new Float64Array(classes * cols);
    sums.set(this.#statistics.sums);
    labels.forEach((label, i) => {
      for (let k = 0; k < cols; k += 1) sums[label * cols + k]! += data[i * cols + k]!;
    });
    return sums;
  }

  async #solve(signal: AbortSignal | undefined): Promise<Matrix<Float32Array>> {
    const { gram, sums, ridge } = this.#statistics;
    const [rows, cols] = [gram.dim, sums.length / gram.dim];
    const targets = new Float64Array(rows * cols);
    for (let c = 0; c < cols; c += 1) {
      for (let k = 0; k < rows; k += 1) targets[k * cols + c] = sums[c * rows + k]!;
    }
    const factor = await cholesky(gram, { ridge, signal });
    const weights = await factor.solve({ rows, cols, data: targets }, { signal });
    return { rows, cols, data: Float32Array.from(weights.data) };
  }
}

function widthOf({ hiddenDim }: RanpacOptions, { featureDim }: FeatureSource): number {
  return hiddenDim === 0 ? featureDim : hiddenDim;
}

function projectionOf(
  { hiddenDim, projection }: RanpacOptions,
  { featureDim }: FeatureSource,
  seed: number,
): Matrix | undefined {
  if (hiddenDim === 0) return undefined;
  const random = createRandom(seed);
  if (projection === 'uniform') return randomProjection(featureDim, hiddenDim, random, 'float32');
  const data = new Float32Array(featureDim * hiddenDim);
  for (let i = 0; i < data.length; i += 1) data[i] = random.normal();
  return { rows: featureDim, cols: hiddenDim, data };
}
