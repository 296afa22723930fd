/** Features of past samples that a head is trained on again: all of them, or some of each class. */
import {
  ClError,
  createRandom,
  stateTensor,
  type FeatureSource,
  type LearnerState,
  type Matrix,
  type Random,
  type Tensor,
} from '@cl/hub';
import { emptyHead, growHead, headClasses, type LinearHead } from '@cl/training';
import type { Remembering } from './head-method.ts';
import type { LabelledRows } from './head-training.ts';

/** How much is kept. */
export interface MemoryOptions {
  readonly mode: 'sequential' | 'joint' | 'replay';
  readonly replayPerClass: number;
}

/** A memory without samples. */
export function emptyMemory(
  options: MemoryOptions,
  seed: number,
  { featureDim }: FeatureSource,
): Remembering {
  const features = { rows: 0, cols: featureDim, data: new Float32Array(0) };
  return memoryOf(options, seed, { features, labels: new Int32Array(0) });
}

/**
 * The memory that was saved.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function savedMemory(
  options: MemoryOptions,
  seed: number,
  state: LearnerState,
  { featureDim }: FeatureSource,
): Remembering {
  const where = 'linear-probe';
  const { data: labels } = stateTensor(where, state, 'kept-labels', ['int32'], [undefined]);
  const [rows, cols] = [labels.length, featureDim];
  const { data } = stateTensor(where, state, 'kept-features', ['float32'], [rows, cols]);
  const classes = new Set(labels);
  if (classes.size !== state.classes.length || labels.some((c) => c < 0 || c >= classes.size)) {
    throw new ClError(
      'CORRUPT_FILE',
      `${where}: the saved state keeps samples of ${classes.size} classes, expected each of ${state.classes.length}. ` +
        'Restore an earlier copy.',
    );
  }
  const kept = { features: { rows, cols, data }, labels };
  return memoryOf(options, seed, kept);
}

function memoryOf(options: MemoryOptions, seed: number, kept: LabelledRows): Remembering {
  const { mode, replayPerClass } = options;
  return {
    prepare: (fresh, head) => ({
      ...joined(kept, fresh),
      head: mode === 'joint' ? fromScratch(head, seed) : head,
    }),
    async after(fresh, _head, { index }) {
      const all = joined(kept, fresh);
      if (mode === 'joint') return memoryOf(options, seed, all);
      const random = createRandom(seed).fork(`kept-${index}`);
      return memoryOf(options, seed, someOfEach(all, replayPerClass, random));
    },
    tensors: {
      'kept-features': tensorOf(kept.features),
      'kept-labels': { dtype: 'int32', dims: [kept.labels.length], data: kept.labels },
    },
    keeps:
      mode === 'joint'
        ? 'features of all samples'
        : `features of up to ${replayPerClass} samples of each class`,
  };
}

/** At most `count` rows of each class, chosen at random, in their order. */
function someOfEach(
  { features, labels }: LabelledRows,
  count: number,
  random: Random,
): LabelledRows {
  const found = new Map<number, number>();
  const chosen = random.permutation(labels.length).filter((row) => {
    const n = found.get(labels[row]!) ?? 0;
    found.set(labels[row]!, n + 1);
    return n < count;
  });
  chosen.sort((a, b) => a - b);
  const { cols } = features;
  const data = new Float32Array(chosen.length * cols);
  chosen.forEach((row, i) => {
    data.set(features.data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return {
    features: { rows: chosen.length, cols, data },
    labels: Int32Array.from(chosen, (row) => labels[row]!),
  };
}

function joined(a: LabelledRows, b: LabelledRows): LabelledRows {
  const data = new Float32Array(a.features.data.length + b.features.data.length);
  data.set(a.features.data);
  data.set(b.features.data, a.features.data.length);
  const labels = new Int32Array(a.labels.length + b.labels.length);
  labels.set(a.labels);
  labels.set(b.labels, a.labels.length);
  return { features: { rows: labels.length, cols: b.features.cols, data }, labels };
}

/** A head of the same size, the same one for the same seed. */
function fromScratch(head: LinearHead, seed: number): LinearHead {
  const none = emptyHead(head['head.weight'].dims[0]!);
  return growHead(none, headClasses(head), createRandom(seed).fork('scratch'));
}

function tensorOf({ rows, cols, data }: Matrix<Float32Array>): Tensor<'float32'> {
  return { dtype: 'float32', dims: [rows, cols], data };
}
