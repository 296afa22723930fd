/** Images of earlier tasks as the backbone takes them: kept only where class means are to be measured again. */
import { stateTensor, type LearnerState, type Matrix, type Tensor } from '@cl/hub';
import type { ClassMean, NearestMean } from './classifiers/nearest-mean.ts';

/** Some images of one class in one task. */
export interface Exemplars {
  readonly task: number;
  readonly column: number;
  /** float32 [n, 3, S, S]. */
  readonly pixels: Tensor<'float32'>;
}

/** The first `count` rows of each class. */
export function exemplarRows(
  labels: ArrayLike<number>,
  count: number,
): ReadonlyMap<number, number[]> {
  const rows = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i += 1) {
    const own = rows.get(labels[i]!) ?? [];
    if (own.length < count) own.push(i);
    rows.set(labels[i]!, own);
  }
  return rows;
}

/** The class means as the exemplars show them now: each weighs as much as before. */
export async function remeasured(
  means: NearestMean,
  exemplars: readonly Exemplars[],
  features: (pixels: Tensor<'float32'>) => Promise<Matrix<Float32Array>>,
): Promise<NearestMean> {
  const fresh = new Map<string, Float64Array>();
  const key = ({ task, column }: Pick<ClassMean, 'task' | 'column'>): string => `${task}/${column}`;
  for (const { task, column, pixels } of exemplars) {
    const { rows, cols, data } = await features(pixels);
    const mean = new Float64Array(cols);
    for (let i = 0; i < rows; i += 1) {
      const row = data.subarray(i * cols, (i + 1) * cols);
      const length = Math.hypot(...row);
      for (let d = 0; d < cols; d += 1) mean[d]! += row[d]! / length / rows;
    }
    fresh.set(key({ task, column }), mean);
  }
  return means.replaced((mean) => fresh.get(key(mean))!.map((x) => x * mean.count));
}

/** All exemplars as tensors of a state. */
export function saveExemplars(exemplars: readonly Exemplars[]): Record<string, Tensor> {
  const first = exemplars[0];
  if (first === undefined) return {};
  const length = exemplars.reduce((sum, { pixels }) => sum + pixels.data.length, 0);
  const data = new Float32Array(length);
  let offset = 0;
  for (const { pixels } of exemplars) {
    data.set(pixels.data, offset);
    offset += pixels.data.length;
  }
  const [, ...image] = first.pixels.dims;
  const count = exemplars.reduce((sum, { pixels }) => sum + pixels.dims[0]!, 0);
  const ints = (pick: (set: Exemplars) => number): Tensor => ({
    dtype: 'int32',
    dims: [exemplars.length],
    data: Int32Array.from(exemplars, pick),
  });
  return {
    'exemplars.pixels': { dtype: 'float32', dims: [count, ...image], data },
    'exemplars.tasks': ints(({ task }) => task),
    'exemplars.columns': ints(({ column }) => column),
    'exemplars.counts': ints(({ pixels }) => pixels.dims[0]!),
  };
}

/** From what {@link saveExemplars} gave. */
export function restoreExemplars(state: LearnerState, imageSize: number): readonly Exemplars[] {
  const sets = state.tensors['exemplars.counts']?.data.length;
  if (sets === undefined) return [];
  const read = (name: string) =>
    stateTensor('sotu', state, `exemplars.${name}`, ['int32'], [sets]).data;
  const [counts, tasks, columns] = [read('counts'), read('tasks'), read('columns')];
  const total = counts.reduce((sum, n) => sum + n, 0);
  const image = [3, imageSize, imageSize];
  const pixels = stateTensor('sotu', state, 'exemplars.pixels', ['float32'], [total, ...image]);
  const length = 3 * imageSize * imageSize;
  let from = 0;
  return Array.from(counts, (count, i) => {
    const data = pixels.data.slice(from * length, (from + count) * length);
    from += count;
    return {
      task: tasks[i]!,
      column: columns[i]!,
      pixels: { dtype: 'float32', dims: [count, ...image], data },
    };
  });
}
