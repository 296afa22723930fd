/** VQ-Prompt after some lessons: both stages for each lesson, one forward pass for each prediction. */
import {
  createRandom,
  type FeatureSource,
  type ImageRef,
  type LearnerAccount,
  type LearnerState,
  type Lesson,
  type Matrix,
  type Random,
  type Tensor,
  type TrainableBackbone,
  type WorkOptions,
} from '@cl/hub';
import {
  assertFiniteFeatures,
  growHead,
  headClasses,
  headLogits,
  imageSource,
  randomResizedCrop,
  tensorSource,
  type ClassStatistics,
  type LinearHead,
  type Method,
} from '@cl/training';
import type { Encoder } from './encoder.ts';
import { reviveUnused, type PoolChange, type PoolPolicy, type VqPromptHooks } from './hooks.ts';
import type { VqPromptOptions } from './options.ts';
import { changedPool } from './pool-change.ts';
import { poolTensors, type EntrySize, type Pool } from './pools.ts';
import type { PromptedModel } from './prompted-model.ts';
import { trainPrompts } from './stage-one.ts';
import { trainClassifier } from './stage-two.ts';
import { counted, usageInsights, usageTensors, type LayerUsage } from './usage.ts';

/** What does not change from lesson to lesson. */
export interface VqPromptParts {
  readonly options: VqPromptOptions;
  readonly hooks: VqPromptHooks;
  readonly backbone: TrainableBackbone;
  readonly features: FeatureSource;
  readonly model: PromptedModel;
  readonly encoder: Encoder;
  readonly seed: number;
  readonly entrySize: EntrySize;
}

/** What a lesson changes. */
export interface VqPromptKnowledge {
  readonly pools: readonly Pool[];
  readonly head: LinearHead;
  readonly statistics: ClassStatistics;
  readonly usage: readonly LayerUsage[];
}

/** See `vqPrompt`. */
export class VqPromptMethod implements Method {
  readonly #parts: VqPromptParts;
  readonly #knowledge: VqPromptKnowledge;

  /** Made by the plugin, and by each lesson. */
  constructor(parts: VqPromptParts, knowledge: VqPromptKnowledge) {
    this.#parts = parts;
    this.#knowledge = knowledge;
  }

  async learn(lesson: Lesson, work: WorkOptions): Promise<Method> {
    const { options, hooks, encoder, seed } = this.#parts;
    const { statistics: before, usage } = this.#knowledge;
    const random = createRandom(seed).fork(`experience/${lesson.index}`);
    const query = await this.#queries(lesson.images, work);
    const changes = this.#changes(lesson, random);
    const oldClasses = headClasses(this.#knowledge.head);
    const budget = options.memoryMegabytes * 2 ** 20;
    const embeddings = encoder.embeddings(lesson.images, budget);
    const trained = await trainPrompts(
      {
        ...this.#parts,
        lesson,
        query,
        embeddings,
        pools: this.#knowledge.pools.map((pool, i) =>
          changedPool(pool, changes[i]!, this.#parts.entrySize, random.fork(`pool/${pool.layer}`)),
        ),
        protect: new Map(
          this.#knowledge.pools.map(({ layer }, i) => [layer, changes[i]!.protect ?? []]),
        ),
        head: growHead(this.#knowledge.head, lesson.classes, random.fork('head')),
        allowed: hooks.competing?.(lesson) ?? lesson.current,
        random: random.fork('prompts'),
      },
      work,
    );
    const { pools } = trained;
    const whole = await encoder.encode(embeddings, query, pools, work);
    const statistics = before.clone();
    if (options.statisticsView === 'whole') statistics.add(whole.features, lesson.labels);
    else await this.#addViews(statistics, lesson, pools, random.fork('statistics'), work);
    const secondStage = options.classifierStage && oldClasses > 0;
    const head = secondStage
      ? await trainClassifier(
          {
            options,
            head: trained.head,
            statistics,
            oldClasses,
            random: random.fork('classifier'),
          },
          work,
        )
      : trained.head;
    const entries = entriesOf(pools);
    return new VqPromptMethod(this.#parts, {
      pools,
      head,
      statistics,
      usage: counted(usage, lesson, whole.selected, entries),
    });
  }

  async scores(images: readonly ImageRef[], work: WorkOptions): Promise<Matrix> {
    const { encoder } = this.#parts;
    const { pools, head } = this.#knowledge;
    if (images.length === 0) return { rows: 0, cols: headClasses(head), data: new Float32Array() };
    const query = await this.#queries(images, work);
    const encoded = await encoder.encode(encoder.embeddings(images, 0), query, pools, work);
    return headLogits(encoded.features, head, work);
  }

  save(): Pick<LearnerState, 'values' | 'tensors'> {
    const { pools, head, statistics, usage } = this.#knowledge;
    return {
      values: { seed: this.#parts.seed },
      tensors: {
        ...Object.fromEntries(poolTensors(pools)),
        ...head,
        ...statistics.toTensors(),
        ...usageTensors(usage, entriesOf(pools)),
      },
    };
  }

  describe(): LearnerAccount {
    const { pools, head, usage } = this.#knowledge;
    const pool = pools.reduce(
      (sum, { prompts, keys }) => sum + prompts.data.length + keys.data.length,
      0,
    );
    return {
      trainableParameters: pool + head['head.weight'].data.length + head['head.bias'].data.length,
      keeps: 'mean and variance of each class’s features, and how often each prompt was chosen',
      insights: usageInsights(usage),
    };
  }

  async dispose(): Promise<void> {
    await this.#parts.encoder.dispose();
  }

  /** q: the frozen features of images, which the source of features remembers. */
  async #queries(images: readonly ImageRef[], work: WorkOptions): Promise<Tensor<'float32'>> {
    const features = await this.#parts.features.images(images, work);
    assertFiniteFeatures('vq-prompt', features, images);
    return { dtype: 'float32', dims: [features.rows, features.cols], data: features.data };
  }

  /** What the policies do to each pool. */
  #changes(lesson: Lesson, random: Random): readonly PoolChange[] {
    const { hooks, options } = this.#parts;
    const { pools, usage } = this.#knowledge;
    const policies = [options.reviveUnused ? reviveUnused : undefined, hooks.pool];
    return pools.map((pool, i) => {
      const situation = {
        lesson,
        pool,
        usage: usage[i]!.byExperience.map((counts) => padded(counts, pool.keys.dims[0]!)),
        random: random.fork(`policy/${pool.layer}`),
      };
      const asked = policies.filter((policy): policy is PoolPolicy => policy !== undefined);
      return Object.assign({}, ...asked.map((policy) => policy(situation))) as PoolChange;
    });
  }

  /** Adds the features of one random view of each image, as the authors' code does. */
  async #addViews(
    statistics: ClassStatistics,
    { images, labels }: Lesson,
    pools: readonly Pool[],
    random: Random,
    work: WorkOptions,
  ): Promise<void> {
    const { backbone, encoder, options } = this.#parts;
    const source = imageSource(backbone, images, { views: randomResizedCrop(), memoryBytes: 0 });
    for (let start = 0; start < images.length; start += options.batchSize) {
      const end = Math.min(start + options.batchSize, images.length);
      const rows = Array.from({ length: end - start }, (_, i) => start + i);
      const pixels = await source.take(rows, random.fork(`views/${start}`), work);
      const embeddings = await encoder.embedPixels(pixels, work);
      const query = await encoder.query(embeddings, work);
      const { features } = await encoder.encode(tensorSource(embeddings), query, pools, work);
      statistics.add(features, labels.subarray(start, end));
    }
  }
}

/** N of each pool. */
function entriesOf(pools: readonly Pool[]): readonly number[] {
  return pools.map(({ keys }) => keys.dims[0]!);
}

function padded(counts: Int32Array, length: number): Int32Array {
  const all = new Int32Array(length);
  all.set(counts);
  return all;
}
