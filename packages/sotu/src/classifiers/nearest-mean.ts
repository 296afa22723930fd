/**
 * Cosine to class means: ŷ = argmax_c cos(h, μ_c). A mean is kept as the sum of unit features for each task that showed the
 * class, so that a task can be taken out; and it can be moved, where the backbone moved on after it was measured.
 */
import { stateTensor, type LearnerState, type Matrix, type Tensor } from '@cl/hub';
import { multiply, normalizeRows } from '@cl/linalg';
import type { Classifier, TaskFeatures } from './classifier.ts';

/** What one task showed of one class. */
export interface ClassMean {
  readonly task: number;
  readonly column: number;
  /** Σ of unit features, [D]. */
  readonly sum: Float64Array;
  readonly count: number;
}

/** σ of {@link NearestMean.drifted}, on unit features: SDC's (Yu et al., CVPR 2020). */
const sigma = 0.3;

/** See the file. */
export class NearestMean implements Classifier {
  readonly means: readonly ClassMean[];
  readonly #featureDim: number;
  readonly #classes: number;

  constructor(featureDim: number, means: readonly ClassMean[] = [], classes = 0) {
    this.#featureDim = featureDim;
    this.means = means;
    this.#classes = classes;
  }

  /** From what {@link NearestMean.save} gave. */
  static restore(state: LearnerState, featureDim: number): NearestMean {
    const entries = state.tensors['means.counts']?.data.length ?? 0;
    const read = (name: string) =>
      stateTensor('sotu', state, `means.${name}`, ['int32'], [entries]).data;
    const [counts, tasks, columns] = [read('counts'), read('tasks'), read('columns')];
    const sums = stateTensor('sotu', state, 'means.sums', ['float64'], [entries, featureDim]).data;
    const means = Array.from(counts, (count, i) => ({
      task: tasks[i]!,
      column: columns[i]!,
      count,
      sum: sums.slice(i * featureDim, (i + 1) * featureDim),
    }));
    return new NearestMean(featureDim, means, state.classes.length);
  }

  async learn({ task, features, labels, classes }: TaskFeatures): Promise<NearestMean> {
    const { rows, cols, data } = normalizeRows(features);
    const fresh = new Map<number, { sum: Float64Array; count: number }>();
    for (let i = 0; i < rows; i += 1) {
      const mean = fresh.get(labels[i]!) ?? { sum: new Float64Array(cols), count: 0 };
      fresh.set(labels[i]!, mean);
      mean.count += 1;
      for (let d = 0; d < cols; d += 1) mean.sum[d]! += data[i * cols + d]!;
    }
    const means = [...fresh].map(([column, mean]) => ({ task, column, ...mean }));
    return new NearestMean(this.#featureDim, [...this.means, ...means], classes);
  }

  /**
   * Semantic drift compensation (Yu et al., CVPR 2020, eq. 7): each mean moves by what images near it moved,
   *
   *   μ ← μ + Σᵢ wᵢ (uᵢ′ − uᵢ) / Σᵢ wᵢ,  wᵢ = exp(−‖uᵢ − μ‖² / 2σ²),
   *
   * u and u′ being unit features of the current images before and after the backbone moved.
   */
  drifted(before: Matrix<Float32Array>, after: Matrix<Float32Array>): NearestMean {
    const [old, fresh] = [normalizeRows(before), normalizeRows(after)];
    const { rows, cols } = old;
    const means = this.means.map((mean) => {
      const shift = new Float64Array(cols);
      let total = 0;
      for (let i = 0; i < rows; i += 1) {
        let square = 0;
        for (let d = 0; d < cols; d += 1) {
          square += (old.data[i * cols + d]! - mean.sum[d]! / mean.count) ** 2;
        }
        const weight = Math.exp(-square / (2 * sigma * sigma));
        total += weight;
        for (let d = 0; d < cols; d += 1) {
          shift[d]! += weight * (fresh.data[i * cols + d]! - old.data[i * cols + d]!);
        }
      }
      const sum = mean.sum.map((x, d) => x + (mean.count * shift[d]!) / total);
      return { ...mean, sum };
    });
    return new NearestMean(this.#featureDim, means, this.#classes);
  }

  /** With the means as another measurement found them. */
  replaced(measure: (mean: ClassMean) => Float64Array): NearestMean {
    const means = this.means.map((mean) => ({ ...mean, sum: measure(mean) }));
    return new NearestMean(this.#featureDim, means, this.#classes);
  }

  /** Without a task; `columns` gives the new column of an old one, −1 for a class that is gone. */
  without(task: number, columns: readonly number[]): NearestMean {
    const means = this.means
      .filter((mean) => mean.task !== task)
      .map((mean) => ({ ...mean, column: columns[mean.column]! }));
    return new NearestMean(this.#featureDim, means, columns.filter((column) => column >= 0).length);
  }

  async scores(features: Matrix<Float32Array>, signal?: AbortSignal): Promise<Matrix> {
    const { cols } = features;
    const directions = { rows: this.#classes, cols, data: new Float32Array(this.#classes * cols) };
    for (const [column, sum] of this.#sums(cols).entries()) {
      const length = Math.hypot(...sum);
      if (length === 0) continue; // opposite images cancel: cosine 0 with everything
      for (let d = 0; d < cols; d += 1) directions.data[column * cols + d] = sum[d]! / length;
    }
    return multiply(normalizeRows(features), directions, { transposeB: true, signal });
  }

  save(): Record<string, Tensor> {
    const { means } = this;
    const cols = this.#featureDim;
    const sums = new Float64Array(means.length * cols);
    means.forEach(({ sum }, i) => {
      sums.set(sum, i * cols);
    });
    const ints = (pick: (mean: ClassMean) => number): Tensor => ({
      dtype: 'int32',
      dims: [means.length],
      data: Int32Array.from(means, pick),
    });
    return {
      'means.sums': { dtype: 'float64', dims: [means.length, cols], data: sums },
      'means.counts': ints(({ count }) => count),
      'means.tasks': ints(({ task }) => task),
      'means.columns': ints(({ column }) => column),
    };
  }

  #sums(cols: number): Float64Array[] {
    const sums = Array.from({ length: this.#classes }, () => new Float64Array(cols));
    for (const { column, sum } of this.means) {
      const all = sums[column]!;
      for (let d = 0; d < cols; d += 1) all[d]! += sum[d]!;
    }
    return sums;
  }
}

/** The class means of a classifier that has some. */
export function meansOf(classifier: Classifier): NearestMean | undefined {
  return classifier instanceof NearestMean ? classifier : undefined;
}
