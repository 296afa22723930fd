/** Features of past samples with their classes, in the blocks they came in. */
import type { Matrix, RealArray } from '@cl/hub';
import { GrowingMatrix } from '@cl/linalg';

/** Features [n, d] and, for each row, the column of its class. */
export interface LabelledFeatures {
  readonly features: Matrix;
  readonly labels: Int32Array;
}

/** Rows that grow block by block; the element type is that of the first block. */
export class FeatureMemory implements LabelledFeatures {
  readonly #features = new GrowingMatrix();
  #labels: Int32Array = new Int32Array(0);
  readonly #blocks: number[] = [];

  /** Rows of each block, in order; all positive. Factors are built block by block, so their bits depend on it. */
  get blocks(): readonly number[] {
    return this.#blocks;
  }

  /** All rows; not to be modified. */
  get features(): Matrix {
    return this.#features.matrix;
  }

  /** The class column of each row; not to be modified. */
  get labels(): Int32Array {
    return this.#labels;
  }

  /** Appends a block; copies. An empty one leaves no trace. */
  append({ features, labels }: LabelledFeatures): void {
    if (features.rows === 0) return;
    this.#features.append(features);
    const all = new Int32Array(this.#labels.length + labels.length);
    all.set(this.#labels);
    all.set(labels, this.#labels.length);
    this.#labels = all;
    this.#blocks.push(features.rows);
  }

  /** Each block in order, as views. */
  *each(): Generator<LabelledFeatures> {
    const { cols, data } = this.features;
    let first = 0;
    for (const rows of this.#blocks) {
      const features = { rows, cols, data: data.subarray(first * cols, (first + rows) * cols) };
      yield { features, labels: this.#labels.subarray(first, first + rows) };
      first += rows;
    }
  }

  /** A copy without some rows, its blocks as if they had never come, its classes moved to other columns. */
  without(rows: ReadonlySet<number>, columns: readonly number[]): FeatureMemory {
    const left = new FeatureMemory();
    let first = 0;
    for (const { features, labels } of this.each()) {
      const start = first;
      first += labels.length;
      const stay = [...labels.keys()].filter((i) => !rows.has(start + i));
      const { cols } = features;
      const data = zerosLike(features.data, stay.length * cols);
      stay.forEach((row, i) => {
        data.set(features.data.subarray(row * cols, (row + 1) * cols), i * cols);
      });
      left.append({
        features: { rows: stay.length, cols, data },
        labels: Int32Array.from(stay, (i) => columns[labels[i]!]!),
      });
    }
    return left;
  }
}

function zerosLike(data: RealArray, length: number): RealArray {
  return data instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
