/** The classifier that the options name, new or restored. */
import { ClError, type LearnerState } from '@cl/hub';
import type { Classifier } from './classifiers/classifier.ts';
import { LinearProbe, type ProbeOptions } from './classifiers/linear-probe.ts';
import { NearestMean } from './classifiers/nearest-mean.ts';
import { RandomRidge, type RidgeOptions } from './classifiers/random-ridge.ts';
import type { SotuParts } from './sotu-state.ts';

type ClassifierParts = Pick<SotuParts, 'options' | 'model' | 'seed'>;

/** One that has seen nothing. */
export function createClassifier(parts: ClassifierParts): Classifier {
  const { classifier } = parts.options;
  if (classifier === 'ridge') return RandomRidge.create(ridgeOptions(parts));
  if (classifier === 'linear-probe') return new LinearProbe(probeOptions(parts));
  return new NearestMean(parts.model.featureDim);
}

/**
 * The one that a state describes.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export async function restoreClassifier(
  parts: ClassifierParts,
  state: LearnerState,
): Promise<Classifier> {
  const { classifier } = parts.options;
  if (state.experiences === 0) return createClassifier(parts);
  if (classifier === 'ridge') return RandomRidge.restore(state, ridgeOptions(parts));
  if (classifier === 'linear-probe') return LinearProbe.restore(state, probeOptions(parts));
  const means = NearestMean.restore(state, parts.model.featureDim);
  const columns = new Set(means.means.map(({ column }) => column));
  if (state.classes.every((_, c) => columns.has(c)) && columns.size === state.classes.length) {
    return means;
  }
  throw new ClError(
    'CORRUPT_FILE',
    `sotu: the saved state has means of ${columns.size} classes, expected one for each of its ${state.classes.length}. ` +
      'Restore an earlier copy.',
  );
}

function ridgeOptions({ options, model, seed }: ClassifierParts): RidgeOptions {
  const { hiddenDim, ridge } = options;
  return { featureDim: model.featureDim, hiddenDim, ridge, seed };
}

function probeOptions({ options, model, seed }: ClassifierParts): ProbeOptions {
  const { epochs, batchSize, headLearningRate, threads } = options;
  const { featureDim } = model;
  return { featureDim, epochs, batchSize, learningRate: headLearningRate, threads, seed };
}
