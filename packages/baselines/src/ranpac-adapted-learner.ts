/** The learner behind RanPAC with first-session adaptation: see {@link ranpacAdapted}. */
import {
  assertState,
  createRandom,
  stateSeed,
  type ImageRef,
  type Learner,
  type LearnerAccount,
  type LearnerContext,
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
import { adapt, adaptedSource, prefixShapes, type AdaptedSource } from './first-session.ts';
import { savedTensors } from './prompted-tower.ts';
import type { RanpacAdaptedOptions } from './ranpac-adapted.ts';
import { ranpacMethod, restoredRanpac } from './ranpac-learner.ts';
import type { Tensors } from './tower-training.ts';

/**
 * A learner that has seen nothing.
 *
 * @throws ClError `INCOMPATIBLE_PLUGINS`, `INVALID_OPTION` for a layer that the model does not have.
 */
export async function createRanpacAdapted(
  name: string,
  options: RanpacAdaptedOptions,
  context: LearnerContext,
): Promise<Learner> {
  const model = await openImageModel(requireBackbone(name, context));
  prefixShapes(name, model, options); // refused before work starts
  const seed = context.random.fork('random-projection').uint32();
  const inner = ranpacMethod(options, context.features, seed);
  return new ClosedLearner(name, new RanpacAdapted({ name, options, model, seed }, inner));
}

/**
 * The learner that was saved.
 *
 * @throws ClError `CORRUPT_FILE`, and what {@link createRanpacAdapted} throws.
 */
export async function restoreRanpacAdapted(
  name: string,
  state: LearnerState,
  options: RanpacAdaptedOptions,
  context: LearnerContext,
): Promise<Learner> {
  assertState(name, state);
  const model = await openImageModel(requireBackbone(name, context));
  const parts = { name, options, model, seed: stateSeed(name, state) };
  if (state.experiences === 0) {
    const fresh = ranpacMethod(options, context.features, parts.seed);
    return new ClosedLearner(name, new RanpacAdapted(parts, fresh), state);
  }
  const prefixes = savedTensors(name, state, prefixShapes(name, model, options));
  const source = adaptedSource(model, prefixes, options);
  const inner = restoredRanpac(name, state, options, source);
  return new ClosedLearner(name, new RanpacAdapted(parts, inner, { prefixes, source }), state);
}

interface Parts {
  readonly name: string;
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
    const { name, options, model, seed } = this.#parts;
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
