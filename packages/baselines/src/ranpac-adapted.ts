/** RanPAC whole: phase 1 adapts the tower on the first experience, phase 2 is `ranpac` on the features it then gives. */
import {
  assertState,
  createRandom,
  defineLearner,
  stateSeed,
  type ImageRef,
  type LearnerAccount,
  type LearnerPlugin,
  type LearnerState,
  type Lesson,
  type Matrix,
  type WorkOptions,
} from '@cl/hub';
import {
  ClosedLearner,
  openImageModel,
  requireBackbone,
  type ImageModel,
  type Method,
} from '@cl/training';
import { z } from 'zod';
import {
  adapt,
  adaptedSource,
  prefixShapes,
  type AdaptedSource,
  type FirstSessionOptions,
} from './first-session.ts';
import { everyScenario, sequential } from './promises.ts';
import { layersShape, savedTensors } from './prompted-tower.ts';
import { ranpac, ranpacMethod, ranpacShape, restoredRanpac, type RanpacOptions } from './ranpac.ts';
import { towerHelp, towerShape, type Tensors } from './tower-training.ts';

/** Options of {@link ranpacAdapted}: those of `ranpac`, and how the tower is adapted. */
export interface RanpacAdaptedOptions extends RanpacOptions, FirstSessionOptions {}

const name = 'ranpac-adapted';

/** RanPAC with first-session adaptation. */
export const ranpacAdapted: LearnerPlugin<RanpacAdaptedOptions> = defineLearner({
  name,
  description:
    'RanPAC with first-session adaptation: prefixes trained on the first experience, then random features and ridge regression.',
  defaults: {
    ...ranpac.defaults,
    layers: [],
    promptLength: 8,
    epochs: 10,
    batchSize: 32,
    learningRate: 0.01,
    headLearningRate: 0.01,
    weightDecay: 0,
    threads: 0,
  },
  help: {
    ...ranpac.help,
    layers: 'Attention layers with prefixes, from 0; empty: all.',
    promptLength: 'Tokens of a layer, half of them for keys, half for values.',
    learningRate: 'First rate of the prefixes.',
    ...towerHelp,
  },
  schema: z.object({
    ...ranpacShape,
    layers: layersShape,
    promptLength: z.int().min(2).max(10_000).multipleOf(2),
    ...towerShape,
  }),
  presets: {
    paper: {
      help: 'Phase 2 as published; phase 1 with its 20 epochs of batches of 48 and weight decay, but prefixes and AdamW.',
      values: {
        hiddenDim: 10_000,
        features: 'raw',
        epochs: 20,
        batchSize: 48,
        weightDecay: 5e-4,
      },
    },
  },
  needs: ['graph'],
  scenarios: everyScenario,
  capabilities: () => sequential,
  async create(options, context) {
    const model = await openImageModel(requireBackbone(name, context));
    prefixShapes(name, model, options); // refused before work starts
    const seed = context.random.fork('random-projection').uint32();
    const inner = ranpacMethod(options, context.features, seed);
    return new ClosedLearner(name, new RanpacAdapted({ options, model, seed }, inner));
  },
  async restore(state, options, context) {
    assertState(name, state);
    const model = await openImageModel(requireBackbone(name, context));
    const parts = { options, model, seed: stateSeed(name, state) };
    if (state.experiences === 0) {
      const fresh = ranpacMethod(options, context.features, parts.seed);
      return new ClosedLearner(name, new RanpacAdapted(parts, fresh), state);
    }
    const prefixes = savedTensors(name, state, prefixShapes(name, model, options));
    const source = adaptedSource(model, prefixes, options);
    const inner = restoredRanpac(name, state, options, source);
    return new ClosedLearner(name, new RanpacAdapted(parts, inner, { prefixes, source }), state);
  },
});

interface Parts {
  readonly options: RanpacAdaptedOptions;
  readonly model: ImageModel;
  readonly seed: number;
}

/** There once the first experience was learned. */
interface Adaptation {
  readonly prefixes: Tensors;
  readonly source: AdaptedSource;
}

class RanpacAdapted implements Method {
  readonly #parts: Parts;
  readonly #inner: Method;
  readonly #adaptation: Adaptation | undefined;

  constructor(parts: Parts, inner: Method, adaptation?: Adaptation) {
    this.#parts = parts;
    this.#inner = inner;
    this.#adaptation = adaptation;
  }

  async learn(lesson: Lesson, work: WorkOptions): Promise<Method> {
    if (this.#adaptation !== undefined) {
      const inner = await this.#inner.learn(lesson, work);
      return new RanpacAdapted(this.#parts, inner, this.#adaptation);
    }
    const { options, model, seed } = this.#parts;
    const random = createRandom(seed).fork('first session');
    const prefixes = await adapt(name, model, lesson, options, random, work);
    const source = adaptedSource(model, prefixes, options);
    try {
      const inner = await ranpacMethod(options, source, seed).learn(lesson, work);
      return new RanpacAdapted(this.#parts, inner, { prefixes, source });
    } catch (error) {
      await source.dispose();
      throw error;
    }
  }

  async scores(images: readonly ImageRef[], work: WorkOptions): Promise<Matrix> {
    return this.#inner.scores(images, work);
  }

  save(): Pick<LearnerState, 'values' | 'tensors'> {
    const { values, tensors } = this.#inner.save();
    return { values, tensors: { ...tensors, ...this.#adaptation?.prefixes } };
  }

  async describe(work: WorkOptions): Promise<LearnerAccount> {
    const account = await this.#inner.describe(work);
    const prefixes = Object.values(this.#adaptation?.prefixes ?? {});
    return {
      ...account,
      trainableParameters: prefixes.reduce(
        (sum, { data }) => sum + data.length,
        account.trainableParameters,
      ),
      keeps: `${account.keeps}, prefixes from the first experience`,
    };
  }

  async dispose(): Promise<void> {
    await this.#adaptation?.source.dispose();
  }
}
