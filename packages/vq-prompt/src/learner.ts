/** The learner of some options and hooks, new or restored. */
import {
  assertState,
  ClError,
  createRandom,
  stateSeed,
  type Learner,
  type LearnerContext,
  type LearnerState,
} from '@cl/hub';
import {
  ClassStatistics,
  ClosedLearner,
  emptyHead,
  openImageModel,
  restoreHead,
} from '@cl/training';
import { Encoder } from './encoder.ts';
import type { VqPromptHooks } from './hooks.ts';
import { VqPromptMethod, type VqPromptParts } from './method.ts';
import type { VqPromptOptions } from './options.ts';
import { drawPool, savedPools } from './pools.ts';
import { PromptedModel } from './prompted-model.ts';
import { savedUsage } from './usage.ts';

/** One that has seen nothing. */
export async function createLearner(
  name: string,
  hooks: VqPromptHooks,
  options: VqPromptOptions,
  context: LearnerContext,
): Promise<Learner> {
  const parts = await partsOf(options, hooks, context, context.random.fork(name).uint32());
  const random = createRandom(parts.seed).fork('pools');
  const pools = options.layers.map((layer) =>
    drawPool(layer, options.poolSize, parts.entrySize, random.fork(String(layer))),
  );
  const { featureDim } = parts.model;
  return new ClosedLearner(
    name,
    new VqPromptMethod(parts, {
      pools,
      head: emptyHead(featureDim),
      statistics: new ClassStatistics(featureDim),
      usage: options.layers.map((layer) => ({ layer, byExperience: [], byClass: [] })),
    }),
  );
}

/**
 * The one that a state describes.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export async function restoreLearner(
  name: string,
  state: LearnerState,
  hooks: VqPromptHooks,
  options: VqPromptOptions,
  context: LearnerContext,
): Promise<Learner> {
  assertState(name, state);
  const parts = await partsOf(options, hooks, context, stateSeed(name, state));
  const pools = savedPools(state, options.layers, parts.entrySize);
  const entries = pools.map(({ keys }) => keys.dims[0]!);
  const knowledge = {
    pools,
    head: restoreHead(name, state, parts.model.featureDim),
    statistics: ClassStatistics.restore(name, state, parts.model.featureDim),
    usage: savedUsage(state, options.layers, entries),
  };
  return new ClosedLearner(name, new VqPromptMethod(parts, knowledge), state);
}

async function partsOf(
  options: VqPromptOptions,
  hooks: VqPromptHooks,
  { backbone, features }: LearnerContext,
  seed: number,
): Promise<VqPromptParts> {
  if (backbone === undefined) {
    throw new ClError(
      'INCOMPATIBLE_PLUGINS',
      'vq-prompt: the backbone cannot be opened for training, expected one with "graph". Use the backbone clip or vit.',
    );
  }
  const model = new PromptedModel(await openImageModel(backbone), { ...options, ...hooks });
  const entrySize = {
    length: options.promptLength,
    width: model.width,
    queryWidth: features.featureDim,
    scale: options.initialScale,
  };
  const encoder = new Encoder(model, backbone, options.threads);
  return { options, hooks, backbone, features, model, encoder, seed, entrySize };
}
