/** Mean and variance of each class's features: what some methods keep of past classes instead of samples. */
import {
  ClError,
  stateTensor,
  type LearnerState,
  type Matrix,
  type Random,
  type Tensor,
} from '@cl/hub';

/** What is known of one class. */
interface Moments {
  count: number;
  readonly mean: Float64Array;
  /** Σ (x − mean)² of each feature. */
  readonly squares: Float64Array;
}

/** How {@link ClassStatistics.sample} draws. */
export interface SampleOptions {
  /** Added to the variance of each feature; 1e-4 in VQ-Prompt's second stage (papers: "CBM"). Default 0. */
  readonly addedVariance?: number;
}

/**
 * Counts, means and population variances (÷ n) of features by class, in float64. Rows may come one at a time or all at once, in
 * any order: Welford's update keeps what is summed small (Welford, 1962; Chan et al., 1979).
 */
export class ClassStatistics {
  readonly featureDim: number;
  readonly #classes: Moments[] = [];

  /** Of no class yet. */
  constructor(featureDim: number) {
    this.featureDim = featureDim;
  }

  /**
   * Those whose `toTensors` are among the tensors of a state, to the bit: one column for each of its classes.
   *
   * @param learner - its name, for messages.
   * @throws ClError `CORRUPT_FILE` when a tensor is missing, or holds what cannot be.
   */
  static restore(learner: string, state: LearnerState, featureDim: number): ClassStatistics {
    const classes = state.classes.length;
    const dims = [classes, featureDim];
    const { data: counts } = stateTensor(learner, state, 'statistics.counts', ['int32'], [classes]);
    const { data: means } = stateTensor(learner, state, 'statistics.means', ['float64'], dims);
    const { data: squares } = stateTensor(learner, state, 'statistics.squares', ['float64'], dims);
    const sound =
      counts.every((count) => count >= 0) &&
      means.every((x) => Number.isFinite(x)) &&
      squares.every((x) => x >= 0 && x < Infinity);
    if (!sound) {
      throw new ClError(
        'CORRUPT_FILE',
        `${learner}: the saved statistics hold negative counts or squares, or numbers that are not finite, expected ` +
          'those of features. Restore an earlier copy.',
      );
    }
    const statistics = new ClassStatistics(featureDim);
    counts.forEach((count, c) => {
      const part = [c * featureDim, (c + 1) * featureDim] as const;
      statistics.#classes.push({
        count,
        mean: means.slice(...part),
        squares: squares.slice(...part),
      });
    });
    return statistics;
  }

  /** How many columns there are, classes without rows among them included. */
  get classes(): number {
    return this.#classes.length;
  }

  /** Another one with the same numbers: add to it, and take it over when all went well. */
  clone(): ClassStatistics {
    const copy = new ClassStatistics(this.featureDim);
    for (const { count, mean, squares } of this.#classes) {
      copy.#classes.push({ count, mean: mean.slice(), squares: squares.slice() });
    }
    return copy;
  }

  /**
   * Adds rows.
   *
   * @param features - [n, featureDim].
   * @param labels - the column of each row's class.
   * @throws ClError `SHAPE_MISMATCH` for another width or number of labels, `UNKNOWN_CLASS` for a label below 0,
   * `NON_FINITE` for a number that is none; nothing is added then.
   */
  add(features: Matrix, labels: ArrayLike<number>): void {
    const { rows, cols, data } = features;
    if (cols !== this.featureDim || labels.length !== rows) {
      throw new ClError(
        'SHAPE_MISMATCH',
        `ClassStatistics: found ${rows} rows of ${cols} features with ${labels.length} labels, expected rows of ` +
          `${this.featureDim} and a label for each. Give features of one backbone.`,
      );
    }
    const at = data.findIndex((x: number) => !Number.isFinite(x));
    if (at >= 0) {
      throw new ClError(
        'NON_FINITE',
        `ClassStatistics: row ${Math.floor(at / cols)} holds ${data[at]!}, expected finite numbers. ` +
          'Check this image and the weights that its features were computed with.',
      );
    }
    for (let i = 0; i < rows; i += 1) this.#assertLabel(labels[i]!);
    for (let i = 0; i < rows; i += 1) {
      const moments = this.#grown(labels[i]!);
      const { mean, squares } = moments;
      moments.count += 1;
      for (let k = 0; k < cols; k += 1) {
        const before = data[i * cols + k]! - mean[k]!;
        mean[k]! += before / moments.count;
        squares[k]! += before * (data[i * cols + k]! - mean[k]!);
      }
    }
  }

  /** How many rows a class has; 0 for one that was never seen. */
  count(label: number): number {
    return this.#classes[label]?.count ?? 0;
  }

  /**
   * The mean of a class [featureDim]; a copy.
   *
   * @throws ClError `EMPTY_CLASS` for a class without rows.
   */
  mean(label: number): Float64Array {
    return this.#known(label).mean.slice();
  }

  /**
   * The population variance of each feature of a class [featureDim]; zeros for a class of one row.
   *
   * @throws ClError `EMPTY_CLASS` for a class without rows.
   */
  variance(label: number): Float64Array {
    const { count, squares } = this.#known(label);
    return squares.map((sum) => sum / count);
  }

  /**
   * Draws from the normal distribution with a class's mean and variances, features independent.
   *
   * @returns float32 [count, featureDim].
   * @throws ClError `EMPTY_CLASS` for a class without rows.
   */
  sample(
    label: number,
    count: number,
    random: Random,
    { addedVariance = 0 }: SampleOptions = {},
  ): Matrix<Float32Array> {
    const { mean } = this.#known(label);
    const deviation = this.variance(label).map((variance) => Math.sqrt(variance + addedVariance));
    const cols = this.featureDim;
    const data = new Float32Array(count * cols);
    for (let i = 0; i < count; i += 1) {
      for (let k = 0; k < cols; k += 1) {
        data[i * cols + k] = mean[k]! + deviation[k]! * random.normal();
      }
    }
    return { rows: count, cols, data };
  }

  /** All of it, for the tensors of a saved state. */
  toTensors(): Record<`statistics.${'counts' | 'means' | 'squares'}`, Tensor> {
    const [rows, cols] = [this.classes, this.featureDim];
    const counts = Int32Array.from(this.#classes, ({ count }) => count);
    const means = new Float64Array(rows * cols);
    const squares = new Float64Array(rows * cols);
    this.#classes.forEach((moments, c) => {
      means.set(moments.mean, c * cols);
      squares.set(moments.squares, c * cols);
    });
    return {
      'statistics.counts': { dtype: 'int32', dims: [rows], data: counts },
      'statistics.means': { dtype: 'float64', dims: [rows, cols], data: means },
      'statistics.squares': { dtype: 'float64', dims: [rows, cols], data: squares },
    };
  }

  #known(label: number): Moments {
    const moments = this.#classes[label];
    if (moments !== undefined && moments.count > 0) return moments;
    throw new ClError(
      'EMPTY_CLASS',
      `ClassStatistics: class ${label} has no samples, expected at least one. Add features of it before its statistics ` +
        'are asked for.',
    );
  }

  #grown(label: number): Moments {
    while (this.#classes.length <= label) {
      const [mean, squares] = [
        new Float64Array(this.featureDim),
        new Float64Array(this.featureDim),
      ];
      this.#classes.push({ count: 0, mean, squares });
    }
    return this.#classes[label]!;
  }

  #assertLabel(label: number): void {
    if (Number.isInteger(label) && label >= 0) return;
    throw new ClError(
      'UNKNOWN_CLASS',
      `ClassStatistics: a row has the label ${label}, expected the number of a column from 0. Map class ids to columns.`,
    );
  }
}
