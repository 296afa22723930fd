/** Methods that train through the backbone: its weights, or prompts inside it, under a linear head. */
import { createEvaluator, type Evaluator } from '@cl/autodiff/node';
import {
  assertState,
  createRandom,
  stateSeed,
  type FeatureSource,
  type ImageRef,
  type LearnerAccount,
  type LearnerContext,
  type LearnerState,
  type Lesson,
  type Matrix,
  type Random,
  type WorkOptions,
} from '@cl/hub';
import type { OnnxGraph } from '@cl/onnx';
import {
  assertFiniteFeatures,
  ClosedLearner,
  emptyHead,
  evaluateInBatches,
  growHead,
  headClasses,
  headLogits,
  imageSource,
  openImageModel,
  requireBackbone,
  restoreHead,
  tensorSource,
  type BatchSource,
  type ImageModel,
  type LinearHead,
  type Method,
  type ViewPolicy,
} from '@cl/training';
import type { TowerOptions } from './tower-options.ts';
import { allowedOf, trainTower, type Tensors } from './tower-training.ts';

/** What a method trains in the backbone, and how the features come of it. */
export interface Recipe {
  /** Whether graphs have an input `query` [rows, D]: the features of the backbone as it was. */
  readonly queried: boolean;
  /** Views to train on; whole images when absent. */
  readonly views?: ViewPolicy | undefined;
  /** What is trained, before the first lesson. */
  readonly start: Tensors;
  /** What is trained in a lesson, of what there is: the same, or more. */
  grow(tensors: Tensors, lesson: Lesson, random: Random): Tensors;
  /**
   * Inputs `pixels` [rows, 3, S, S], maybe `query`, and the tensors; output `features` [rows, D], and when there is a lesson
   * to train on maybe a penalty.
   */
  graph(rows: number, tensors: Tensors, lesson?: Lesson): OnnxGraph;
  /**
   * The tensors of a saved state.
   *
   * @throws ClError `CORRUPT_FILE`.
   */
  restore(state: LearnerState): Tensors;
  /** What is kept beside the head, in words. */
  readonly keeps: string;
}

interface Parts {
  readonly name: string;
  readonly options: TowerOptions;
  readonly model: ImageModel;
  readonly features: FeatureSource;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly runner: Runner;
}

interface Knowledge {
  readonly tensors: Tensors;
  readonly head: LinearHead;
}

/** A learner of a recipe: a new one, or the one that was saved. */
export async function towerLearner(
  name: string,
  options: TowerOptions,
  context: LearnerContext,
  recipeOf: (model: ImageModel) => Recipe,
  state?: LearnerState,
): Promise<ClosedLearner> {
  if (state !== undefined) assertState(name, state);
  const model = await openImageModel(requireBackbone(name, context));
  const recipe = recipeOf(model);
  const { features } = context;
  const seed = state === undefined ? context.random.fork(name).uint32() : stateSeed(name, state);
  const parts = { name, options, model, features, recipe, seed, runner: new Runner() };
  const knowledge =
    state === undefined
      ? { tensors: recipe.start, head: emptyHead(model.featureDim) }
      : {
          tensors: state.experiences === 0 ? recipe.start : recipe.restore(state),
          head: restoreHead(name, state, model.featureDim),
        };
  return new ClosedLearner(name, new TowerMethod(parts, knowledge), state);
}

class TowerMethod implements Method {
  readonly #parts: Parts;
  readonly #knowledge: Knowledge;

  constructor(parts: Parts, knowledge: Knowledge) {
    this.#parts = parts;
    this.#knowledge = knowledge;
  }

  async learn(lesson: Lesson, work: WorkOptions): Promise<Method> {
    const { name, options, recipe, seed } = this.#parts;
    const random = createRandom(seed).fork(`experience-${lesson.index}`);
    const tensors = recipe.grow(this.#knowledge.tensors, lesson, random.fork('parameters'));
    const trained = await trainTower(
      name,
      {
        graph: (rows) => recipe.graph(rows, tensors, lesson),
        tensors,
        head: growHead(this.#knowledge.head, lesson.classes, random.fork('head')),
        inputs: await this.#inputs(lesson.images, work, recipe.views),
        labels: lesson.labels,
        allowed: allowedOf(options.logits, lesson),
      },
      options,
      random,
      work,
    );
    return new TowerMethod(this.#parts, trained);
  }

  async scores(images: readonly ImageRef[], work: WorkOptions): Promise<Matrix> {
    const { options, recipe, runner } = this.#parts;
    const { tensors, head } = this.#knowledge;
    if (images.length === 0) return { rows: 0, cols: headClasses(head), data: new Float32Array() };
    const evaluator = await runner.with(tensors, options.threads, (rows) =>
      recipe.graph(rows, tensors),
    );
    const inputs = await this.#inputs(images, work);
    const { batchSize } = options;
    const features = await evaluateInBatches(
      evaluator,
      { inputs, output: 'features', batchSize },
      work,
    );
    return headLogits(features, head, work);
  }

  save(): Pick<LearnerState, 'values' | 'tensors'> {
    const { tensors, head } = this.#knowledge;
    return { values: { seed: this.#parts.seed }, tensors: { ...tensors, ...head } };
  }

  describe(): LearnerAccount {
    const { tensors, head } = this.#knowledge;
    const all = [...Object.values(tensors), head['head.weight'], head['head.bias']];
    return {
      trainableParameters: all.reduce((sum, { data }) => sum + data.length, 0),
      keeps: this.#parts.recipe.keeps,
      insights: [],
    };
  }

  async dispose(): Promise<void> {
    await this.#parts.runner.dispose();
  }

  async #inputs(
    images: readonly ImageRef[],
    work: WorkOptions,
    views?: ViewPolicy,
  ): Promise<Readonly<Record<string, BatchSource>>> {
    const { name, model, features, recipe } = this.#parts;
    const pixels = imageSource(model.backbone, images, { views });
    if (!recipe.queried) return { pixels };
    const query = await features.images(images, work);
    assertFiniteFeatures(name, query, images);
    const dims = [query.rows, query.cols];
    return { pixels, query: tensorSource({ dtype: 'float32', dims, data: query.data }) };
  }
}

/** The evaluator of the latest parameters: one for all methods of a learner. */
class Runner {
  #evaluator: Evaluator | undefined;
  #tensors: Tensors | undefined;

  async with(
    tensors: Tensors,
    threads: number,
    graph: (rows: number) => OnnxGraph,
  ): Promise<Evaluator> {
    if (this.#evaluator !== undefined && this.#tensors === tensors) return this.#evaluator;
    await this.dispose();
    const parameters = new Map(Object.entries(tensors));
    this.#tensors = tensors;
    this.#evaluator = createEvaluator({ graph, outputs: ['features'], parameters, threads });
    return this.#evaluator;
  }

  async dispose(): Promise<void> {
    const evaluator = this.#evaluator;
    this.#evaluator = undefined;
    await evaluator?.dispose();
  }
}
