/**
 * SoTU, sparse orthogonal task updates: Ning, Ke, Liu, Yao, Tian, Yuan, "Sparse Orthogonal Parameters Tuning for Continual
 * Learning", arXiv 2411.02813. A reconstruction from what its abstract says: README.md lists what is assumed.
 */
import { defineLearner, type LearnerContext, type LearnerPlugin } from '@cl/hub';
import { openImageModel, requireBackbone } from '@cl/training';
import { createClassifier } from './create-classifier.ts';
import { Extractor } from './extractor.ts';
import { SotuLearner } from './learner.ts';
import { DeltaMerge } from './merge.ts';
import { defaults, help, presets, schema, type SotuOptions } from './options.ts';
import { tunedParameters } from './parameters.ts';
import { restoreState, savedSeed } from './saving.ts';
import { mergeOptions, type SotuParts } from './sotu-state.ts';
import { canUnlearn } from './unlearn-task.ts';

/** Fine-tunes the backbone for each task, keeps a sparse random part of the difference, and adds these parts up. */
export const sotu: LearnerPlugin<SotuOptions> = defineLearner({
  name: 'sotu',
  description:
    'SoTU (reconstruction): fine-tuning deltas of each task, sparse and nearly orthogonal, added to the backbone.',
  defaults,
  help,
  schema,
  presets,
  needs: ['graph'],
  scenarios: ['class-incremental', 'domain-incremental', 'task-incremental', 'x-tail', 'mtil'],
  capabilities: (options) => ({
    exemplarFree: options.prototypes !== 'exemplars',
    mergeable: false, // masks are drawn by the number of a task, and two learners both begin with 0
    unlearn: canUnlearn(options),
    deterministic: true,
    openVocabulary: false,
  }),
  async create(options, context) {
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
  },
  async restore(state, options, context) {
    const parts = await partsOf(options, context, savedSeed(state));
    return new SotuLearner(parts, await restoreState(parts, state), state);
  },
});

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
