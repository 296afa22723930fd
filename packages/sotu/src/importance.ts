/** Which weights matter to a task: by how far they moved, or by the gradients of its loss. */
import { backward, gradientName } from '@cl/autodiff';
import { createEvaluator } from '@cl/autodiff/node';
import type { WorkOptions } from '@cl/hub';
import { imageSource } from '@cl/training';
import { tensorsOf, type Weights } from './extractor.ts';
import { lossGraph, type Tuned, type TuningBench, type TuningTask } from './tuning.ts';

/** What importance is measured by. */
export type ImportanceKind = 'magnitude' | 'gradient' | 'fisher';

/** Images whose gradients are looked at: one run each. */
const mostImages = 32;

/**
 * Importance of each element, scaled to a mean of 1 over all parameters: |δ|, or over at most 32 images of the task
 * evenly spread, E|∂L/∂θ| or the empirical Fisher information E[(∂L/∂θ)²], L being the loss of a single image at θ_t.
 *
 * @param kind - what measures it.
 * @param bench - the backbone and its parameters.
 * @param task - its images and labels.
 * @param tuned - θ_t with its head.
 * @param deltas - δ_t, whole.
 * @param work - signal and progress.
 */
export async function importanceOf(
  kind: ImportanceKind,
  bench: TuningBench,
  task: TuningTask,
  tuned: Tuned,
  deltas: Weights,
  work: WorkOptions = {},
): Promise<Weights> {
  const sums =
    kind === 'magnitude'
      ? new Map([...deltas].map(([name, delta]) => [name, delta.map(Math.abs)]))
      : await gradientSums(kind, bench, task, tuned, work);
  return scaledToMeanOne(sums);
}

async function gradientSums(
  kind: 'gradient' | 'fisher',
  bench: TuningBench,
  { images, labels, classes }: TuningTask,
  { weights, head }: Tuned,
  { signal, onProgress }: WorkOptions,
): Promise<ReadonlyMap<string, Float32Array>> {
  const names = bench.parameters.map(({ name }) => name);
  const parameters = new Map([...tensorsOf(bench.parameters, weights), ...head]);
  const evaluator = createEvaluator({
    graph: (rows) => backward(lossGraph(bench, classes, rows), { loss: 'loss', wrt: names }),
    outputs: names.map(gradientName),
    parameters,
    threads: bench.options.threads,
  });
  const sums = new Map(
    bench.parameters.map(({ name, length }) => [name, new Float32Array(length)]),
  );
  const count = Math.min(mostImages, images.length);
  const source = imageSource(bench.backbone, images);
  try {
    for (let n = 0; n < count; n += 1) {
      const row = Math.floor((n * images.length) / count);
      const feeds = {
        pixels: await source.take([row], undefined, { signal }),
        labels: { dtype: 'int32', dims: [1], data: labels.slice(row, row + 1) },
      } as const;
      const gradients = await evaluator.run({ rows: 1, feeds }, { signal });
      for (const name of names) {
        const gradient = gradients[gradientName(name)]!.data as Float32Array;
        const sum = sums.get(name)!;
        if (kind === 'fisher') for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]! ** 2;
        else for (let i = 0; i < sum.length; i++) sum[i]! += Math.abs(gradient[i]!);
      }
      onProgress?.({ phase: 'importance', done: n + 1, total: count });
    }
    return sums;
  } finally {
    await evaluator.dispose();
  }
}

function scaledToMeanOne(sums: ReadonlyMap<string, Float32Array>): Weights {
  let [total, count] = [0, 0];
  for (const values of sums.values()) {
    for (const value of values) total += value;
    count += values.length;
  }
  const scale = total > 0 ? count / total : 0;
  for (const values of sums.values()) for (let i = 0; i < values.length; i++) values[i]! *= scale;
  return sums;
}

/**
 * The most important coordinates of a parameter, ascending: round(q·n) of them, the earlier of equal ones first.
 */
export function topPositions(importance: Float32Array, keep: number): Uint32Array {
  const wanted = Math.round(keep * importance.length);
  const found = new Uint32Array(wanted);
  if (wanted === 0) return found;
  const sorted = importance.toSorted(); // ascending
  const threshold = sorted[sorted.length - wanted]!;
  let above = 0;
  for (const value of importance) above += value > threshold ? 1 : 0;
  let equal = wanted - above;
  for (let i = 0, k = 0; k < wanted; i++) {
    const value = importance[i]!;
    if (value > threshold) found[k++] = i;
    else if (value === threshold && equal > 0) {
      found[k++] = i;
      equal -= 1;
    }
  }
  return found;
}
