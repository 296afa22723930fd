/** Means and one covariance: see {@link slda}. */
import {
  assertState,
  ClError,
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
import { cholesky, createGram, Gram, multiply } from '@cl/linalg';
import { ClosedLearner, type Method } from '@cl/training/learner';
import { featuresOf } from './features.ts';
import type { SldaOptions } from './slda.ts';

/** A learner that has seen nothing. */
export function createSlda(
  name: string,
  options: SldaOptions,
  { features }: LearnerContext,
): Learner {
  const scatter = createGram(features.featureDim);
  return new ClosedLearner(name, new Slda(features, options, [], scatter));
}

/**
 * The learner that was saved.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function restoreSlda(
  name: string,
  state: LearnerState,
  options: SldaOptions,
  { features }: LearnerContext,
): Learner {
  assertState(name, state);
  const statistics = savedStatistics(name, state, features.featureDim);
  return new ClosedLearner(name, new Slda(features, options, ...statistics), state);
}

/** What is known of a class. */
interface ClassMean {
  readonly count: number;
  readonly mean: Float64Array;
}

class Slda implements Method {
  readonly #source: FeatureSource;
  readonly #options: SldaOptions;
  readonly #classes: readonly ClassMean[];
  /** Σₙ (xₙ − μ_yₙ)(xₙ − μ_yₙ)ᵀ; a copy is changed, never this. */
  readonly #scatter: Gram;
  #discriminant: { readonly weights: Matrix; readonly offsets: Float64Array } | undefined;

  constructor(
    source: FeatureSource,
    options: SldaOptions,
    classes: readonly ClassMean[],
    scatter: Gram,
  ) {
    this.#source = source;
    this.#options = options;
    this.#classes = classes;
    this.#scatter = scatter;
  }

  async learn(lesson: Lesson, work: WorkOptions): Promise<Method> {
    const features = await featuresOf(this.#source, lesson.images, this.#options.features, work);
    const classes = Array.from({ length: lesson.classes }, (_, c) => this.#classes[c]);
    const rows = new Float64Array((features.rows + lesson.current.length) * features.cols);
    let next = 0;
    for (const column of lesson.current) {
      const own = samplesOf(features, lesson.labels, column);
      next = spread(own, classes[column], rows, next);
      classes[column] = joined(classes[column], meanOf(own));
    }
    const scatter = Gram.fromPacked(features.cols, this.#scatter.toPacked());
    const phi = { rows: rows.length / features.cols, cols: features.cols, data: rows };
    await scatter.add(phi, work.signal);
    return new Slda(this.#source, this.#options, classes as ClassMean[], scatter);
  }

  async scores(images: readonly ImageRef[], work: WorkOptions): Promise<Matrix> {
    const { rows, cols, data } = await featuresOf(
      this.#source,
      images,
      this.#options.features,
      work,
    );
    this.#discriminant ??= await this.#solve(work.signal);
    const { weights, offsets } = this.#discriminant;
    const x = { rows, cols, data: Float64Array.from(data) };
    const scores = await multiply(x, weights, { signal: work.signal });
    for (let i = 0; i < scores.data.length; i += 1) scores.data[i]! -= offsets[i % offsets.length]!;
    return scores;
  }

  save(): Pick<LearnerState, 'values' | 'tensors'> {
    const [rows, cols] = [this.#classes.length, this.#source.featureDim];
    const means = new Float64Array(rows * cols);
    this.#classes.forEach(({ mean }, c) => {
      means.set(mean, c * cols);
    });
    const counts = Int32Array.from(this.#classes, ({ count }) => count);
    const scatter = this.#scatter.toPacked() as Float64Array;
    return {
      values: {},
      tensors: {
        means: { dtype: 'float64', dims: [rows, cols], data: means },
        counts: { dtype: 'int32', dims: [rows], data: counts },
        scatter: { dtype: 'float64', dims: [scatter.length], data: scatter },
      },
    };
  }

  describe(): LearnerAccount {
    return {
      trainableParameters: this.#classes.length * (this.#source.featureDim + 1),
      keeps: 'mean of each class, one covariance',
      insights: [],
    };
  }

  /** Λμ_c as columns [D, C], and ½ μ_cᵀΛμ_c. */
  async #solve(signal: AbortSignal | undefined) {
    const [dim, classes] = [this.#source.featureDim, this.#classes.length];
    const { shrinkage, target } = this.#options;
    const samples = this.#classes.reduce((sum, { count }) => sum + count, 0);
    // (1 − ε)S/N + εtI = (1 − ε)/N · (S + rI), r = εtN/(1 − ε); t is 1 too where nothing varies at all
    const variance = traceOf(this.#scatter) / (samples * dim);
    const t = target === 'identity' || variance === 0 ? 1 : variance;
    const ridge = (shrinkage * t * samples) / (1 - shrinkage);
    const means = new Float64Array(dim * classes);
    this.#classes.forEach(({ mean }, c) => {
      for (let d = 0; d < dim; d += 1) means[d * classes + c] = mean[d]!;
    });
    const factor = await cholesky(this.#scatter, { ridge, signal });
    const weights = await factor.solve({ rows: dim, cols: classes, data: means }, { signal });
    const offsets = new Float64Array(classes);
    for (let i = 0; i < means.length; i += 1) {
      weights.data[i]! *= samples / (1 - shrinkage);
      offsets[i % classes]! += 0.5 * means[i]! * weights.data[i]!;
    }
    return { weights, offsets };
  }
}

/** Rows of one class, in float64. */
function samplesOf(
  { cols, data }: Matrix<Float32Array>,
  labels: Int32Array,
  column: number,
): readonly Float64Array[] {
  const own: Float64Array[] = [];
  labels.forEach((label, i) => {
    if (label === column) own.push(Float64Array.from(data.subarray(i * cols, (i + 1) * cols)));
  });
  return own;
}

function meanOf(rows: readonly Float64Array[]): ClassMean {
  const mean = new Float64Array(rows[0]!.length);
  for (const row of rows) for (let d = 0; d < mean.length; d += 1) mean[d]! += row[d]!;
  return { count: rows.length, mean: mean.map((sum) => sum / rows.length) };
}

function joined(before: ClassMean | undefined, fresh: ClassMean): ClassMean {
  if (before === undefined) return fresh;
  const count = before.count + fresh.count;
  const mean = before.mean.map((x, d) => x + (fresh.count / count) * (fresh.mean[d]! - x));
  return { count, mean };
}

/**
 * Writes rows whose squares add up to what new samples of a class add to the scatter (Chan, Golub and LeVeque, 1979): each less
 * the mean of the new ones, and √(n m/(n + m)) times the distance of that mean from the old one.
 *
 * @returns where the next row goes.
 */
function spread(
  own: readonly Float64Array[],
  before: ClassMean | undefined,
  rows: Float64Array,
  first: number,
): number {
  const { count, mean } = meanOf(own);
  let next = first;
  for (const row of own) {
    for (let d = 0; d < mean.length; d += 1) rows[next + d] = row[d]! - mean[d]!;
    next += mean.length;
  }
  if (before !== undefined) {
    const weight = Math.sqrt((before.count * count) / (before.count + count));
    for (let d = 0; d < mean.length; d += 1) {
      rows[next + d] = weight * (mean[d]! - before.mean[d]!);
    }
  }
  return next + mean.length;
}

function traceOf(gram: Gram): number {
  const packed = gram.toPacked();
  let trace = 0;
  for (let d = 0; d < gram.dim; d += 1) trace += packed[(d * (d + 3)) / 2]!;
  return trace;
}

function savedStatistics(
  name: string,
  state: LearnerState,
  dim: number,
): [readonly ClassMean[], Gram] {
  const rows = state.classes.length;
  const { data: means } = stateTensor(name, state, 'means', ['float64'], [rows, dim]);
  const { data: counts } = stateTensor(name, state, 'counts', ['int32'], [rows]);
  const size = (dim * (dim + 1)) / 2;
  const { data: scatter } = stateTensor(name, state, 'scatter', ['float64'], [size]);
  const broken = counts.findIndex((count) => count < 1);
  if (broken >= 0) {
    throw new ClError(
      'CORRUPT_FILE',
      `${name}: the saved state has ${counts[broken]!} samples of class "${state.classes[broken]!.id}", expected at ` +
        'least one. Restore an earlier copy.',
    );
  }
  const classes = Array.from(counts, (count, c) => {
    return { count, mean: means.slice(c * dim, (c + 1) * dim) };
  });
  return [classes, Gram.fromPacked(dim, scatter)];
}
