/** From options to the regression they describe, new or as it was saved. */
import { assertState, ClError, createRandom, stateTensor, type LearnerState } from '@cl/hub';
import { randomProjection, type RealType } from '@cl/linalg';
import { countLabels, type Adapter } from './adapter.ts';
import { KernelRidge } from './dual.ts';
import { hiddenLayer, kernelOf } from './feature-map.ts';
import { FeatureMemory } from './feature-memory.ts';
import type { RailOptions } from './options.ts';
import { PrimalRidge } from './primal.ts';
import { RidgeSums } from './ridge-sums.ts';

/** An adapter that has learned nothing, or what it had learned. */
export function createAdapter(
  options: RailOptions,
  featureDim: number,
  projectionSeed: number,
  learned?: FeatureMemory | RidgeSums,
  classes = 0,
): Adapter {
  const { form, hiddenDim, ridge, memory, kernel, gamma, dualRidge } = options;
  const precision = solverType(options);
  const lifted = options.precision === 'float64' ? 'float64' : 'float32';
  if (form === 'dual') {
    const map = kernelOf(kernel, gamma, featureDim, lifted);
    if (learned instanceof RidgeSums)
      throw corrupt('sums over samples', 'features: the form is dual');
    return new KernelRidge({ map, ridge: dualRidge, precision }, learned, classes);
  }
  const random = createRandom(projectionSeed);
  const map =
    hiddenDim === 0
      ? hiddenLayer(featureDim, lifted)
      : hiddenLayer(hiddenDim, lifted, randomProjection(featureDim, hiddenDim, random, lifted));
  const before = learned instanceof FeatureMemory ? { memory: learned, classes } : learned;
  return new PrimalRidge({ map, ridge, precision, memory }, before);
}

/** Element type of sums and factors. */
function solverType({ precision }: RailOptions): RealType {
  return precision === 'float32' ? 'float32' : 'float64';
}

/**
 * The adapter that was saved.
 *
 * @throws ClError `CORRUPT_FILE` when the state lacks something or sizes disagree.
 */
export function restoreAdapter(
  state: LearnerState,
  options: RailOptions,
  featureDim: number,
): Adapter {
  assertState('rail', state);
  const seed = state.values['projectionSeed'];
  if (typeof seed !== 'number') throw corrupt('no projectionSeed', 'a number');
  const sums = options.form === 'primal' && 'gram' in state.tensors;
  const learned = sums ? restoreSums(state, options, featureDim) : restoreMemory(state, featureDim);
  return createAdapter(options, featureDim, seed, learned, state.classes.length);
}

function restoreMemory(state: LearnerState, featureDim: number): FeatureMemory {
  const { data: labels } = stateTensor('rail', state, 'labels', ['int32'], [undefined]);
  const shape = [labels.length, featureDim];
  const { data } = stateTensor('rail', state, 'features', ['float32', 'float64'], shape);
  if (labels.some((label) => label < 0 || label >= state.classes.length)) {
    throw corrupt('a label without a class', `labels below ${state.classes.length}`);
  }
  if (countLabels(labels, state.classes.length).some((count) => !(count > 0))) {
    throw corrupt('a class without samples', `some of each of the ${state.classes.length} classes`);
  }
  const memory = new FeatureMemory();
  let first = 0;
  for (const rows of blocksOf(state, labels.length)) {
    const part = data.subarray(first * featureDim, (first + rows) * featureDim);
    memory.append({
      features: { rows, cols: featureDim, data: part },
      labels: labels.subarray(first, first + rows),
    });
    first += rows;
  }
  return memory;
}

function blocksOf({ values }: LearnerState, rows: number): readonly number[] {
  const blocks = Array.isArray(values['blocks']) ? (values['blocks'] as unknown[]) : [];
  const sizes = blocks.filter(
    (size) => typeof size === 'number' && Number.isInteger(size) && size > 0,
  );
  const sum = (sizes as number[]).reduce((total, size) => total + size, 0);
  if (sizes.length === blocks.length && sum === rows) return sizes as number[];
  throw corrupt(`blocks of ${sum} samples`, `${rows}, one for each label`);
}

function restoreSums(state: LearnerState, options: RailOptions, featureDim: number): RidgeSums {
  const dim = options.hiddenDim === 0 ? featureDim : options.hiddenDim;
  const precision = solverType(options);
  const classes = state.classes.length;
  const { data: gram } = stateTensor('rail', state, 'gram', [precision], [(dim * (dim + 1)) / 2]);
  const { data } = stateTensor('rail', state, 'class-sums', [precision], [classes, dim]);
  const { data: counts } = stateTensor('rail', state, 'counts', ['int32'], [classes]);
  return RidgeSums.from(gram, { rows: classes, cols: dim, data }, [...counts]);
}

function corrupt(found: string, expected: string): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `rail: the saved state has ${found}, expected ${expected}. Restore an earlier copy; check that it is rail's.`,
  );
}
