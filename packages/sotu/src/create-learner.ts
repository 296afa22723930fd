/** The learner of some options, new or restored. */
import type { Learner, LearnerContext, LearnerState } from '@cl/hub';
import { openImageModel, requireBackbone } from '@cl/training';
import { createClassifier } from './create-classifier.ts';
import { Extractor } from './extractor.ts';
import { SotuLearner } from './learner.ts';
import { DeltaMerge } from './merge.ts';
import type { SotuOptions } from './options.ts';
import { tunedParameters } from './parameters.ts';
import { restoreState, savedSeed } from './saving.ts';
import { mergeOptions, type SotuParts } from './sotu-state.ts';

/** One that has seen nothing. */
export async function createSotu(options: SotuOptions, context: LearnerContext): Promise<Learner> {
  const parts = await partsOf(options, context, context.random.fork('sotu').uint32());
  const state = {
    merge: DeltaMerge.of(mergeOptions(parts)),
    weights: parts.theta0,
    classifier: createClassifier(parts),
    records: [],
    exemplars: [],
    taken: new Map(),
  };
  return new SotuLearner(parts, state, { classes: [], experiences: 0 });
}

/**
 * The one that a state describes.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export async function restoreSotu(
  state: LearnerState,
  options: SotuOptions,
  context: LearnerContext,
): Promise<Learner> {
  const parts = await partsOf(options, context, savedSeed(state));
  return new SotuLearner(parts, await restoreState(parts, state), state);
}

async function partsOf(
  options: SotuOptions,
  context: LearnerContext,
  seed: number,
): Promise<SotuParts> {
  const backbone = requireBackbone('sotu', context);
  const model = await openImageModel(backbone);
  const parameters = tunedParameters(model, options.train, options.layers);
  const theta0 = new Map(
    parameters.map(({ name }) => [name, model.weights.get(name)!.data as Float32Array]),
  );
  const extractor = new Extractor(model, parameters, options.threads);
  return { options, backbone, model, parameters, extractor, theta0, seed };
}
