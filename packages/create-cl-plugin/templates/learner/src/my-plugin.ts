/**
 * __DESCRIPTION__
 *
 * As it stands: nearest class mean. Each class is the mean of its features, and an image belongs to the class whose mean
 * is nearest. Replace what `learn` keeps and what `predict` computes with your method.
 */
import {
  assertExperience,
  assertState,
  ClassRegistry,
  ClError,
  defineLearner,
  stateTensor,
  throwIfAborted,
  type ClassInfo,
  type Experience,
  type FeatureSource,
  type ImageRef,
  type Learner,
  type LearnerPlugin,
  type LearnerState,
  type PredictOptions,
  type Scores,
  type WorkOptions,
} from '@cl/hub';
import { z } from 'zod';

/** What users may choose; `cl` makes a flag of each. */
export interface MyPluginOptions {
  /** What "nearest" means. */
  readonly distance: 'cosine' | 'euclidean';
}

/** The plugin: a name, promises, options with their defaults, and two ways to make a learner. */
export const myPlugin: LearnerPlugin<MyPluginOptions> = defineLearner<MyPluginOptions>({
  name: 'my-plugin',
  description: '__DESCRIPTION__',
  defaults: { distance: 'cosine' },
  help: { distance: 'cosine or euclidean.' },
  schema: z.object({ distance: z.enum(['cosine', 'euclidean']) }),
  needs: ['image-features'],
  scenarios: ['class-incremental', 'domain-incremental', 'task-incremental', 'x-tail', 'mtil'],
  capabilities: () => ({
    exemplarFree: true, // sums of features, nothing of a single image
    mergeable: false,
    unlearn: false,
    deterministic: true,
    openVocabulary: false,
  }),
  async create(options, { features }) {
    return new MyPlugin(options, features);
  },
  async restore(state, options, { features }) {
    return new MyPlugin(options, features, state);
  },
});

class MyPlugin implements Learner {
  readonly #options: MyPluginOptions;
  readonly #features: FeatureSource;
  readonly #registry: ClassRegistry;
  /** For each class the sum of its features [D], and how many there were. */
  #sums: Float64Array[];
  #counts: number[];
  #experiences: number;
  #disposed = false;

  constructor(options: MyPluginOptions, features: FeatureSource, state?: LearnerState) {
    this.#options = options;
    this.#features = features;
    this.#registry = new ClassRegistry(state?.classes);
    this.#experiences = state?.experiences ?? 0;
    [this.#sums, this.#counts] = state === undefined ? [[], []] : read(state, features.featureDim);
  }

  get classes(): readonly ClassInfo[] {
    return this.#registry.all;
  }

  get experiences(): number {
    return this.#experiences;
  }

  async learn(experience: Experience, work: WorkOptions = {}): Promise<void> {
    this.#assertAlive();
    assertExperience('my-plugin', this.#experiences, experience);
    const images = experience.train.map(({ image }) => image);
    const rows = await this.#rows(images, work); // [N, D]
    throwIfAborted('my-plugin', work.signal);
    // Nothing can fail from here on: the learner learns all of the experience or nothing of it.
    this.#registry.add(experience.classes);
    experience.train.forEach(({ classId }, i) => {
      const c = this.#registry.position(classId)!;
      const sum = (this.#sums[c] ??= new Float64Array(this.#features.featureDim));
      const row = rows[i]!;
      for (let d = 0; d < sum.length; d += 1) sum[d]! += row[d]!;
      this.#counts[c] = (this.#counts[c] ?? 0) + 1;
    });
    this.#experiences += 1;
  }

  async predict(images: readonly ImageRef[], options: PredictOptions = {}): Promise<Scores> {
    this.#assertAlive();
    if (this.#experiences === 0) {
      throw new ClError(
        'NOT_LEARNED',
        'my-plugin: nothing was learned, expected a class. Call learn first.',
      );
    }
    const classes = [...(options.candidates ?? this.classes)];
    const means = classes.map(({ id }) => this.#mean(id));
    const rows = await this.#rows(images, options);
    throwIfAborted('my-plugin', options.signal);
    const values = new Float64Array(images.length * classes.length); // [N, C]
    rows.forEach((row, i) => {
      means.forEach((mean, c) => {
        values[i * classes.length + c] = this.#score(row, mean);
      });
    });
    return { classes, values, sources: images.map(() => 'adapter') };
  }

  async save(): Promise<LearnerState> {
    this.#assertAlive();
    const [rows, cols] = [this.#sums.length, this.#features.featureDim];
    const sums = new Float64Array(rows * cols);
    this.#sums.forEach((sum, c) => sums.set(sum, c * cols));
    return {
      classes: this.classes,
      experiences: this.#experiences,
      values: {},
      tensors: {
        sums: { dtype: 'float64', dims: [rows, cols], data: sums },
        counts: { dtype: 'int32', dims: [rows], data: Int32Array.from(this.#counts) },
      },
    };
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  #mean(classId: string): Float64Array {
    const c = this.#registry.position(classId);
    if (c === undefined) {
      throw new ClError(
        'UNKNOWN_CLASS',
        `my-plugin: class "${classId}" was never seen. Learn it first.`,
      );
    }
    return this.#sums[c]!.map((x) => x / this.#counts[c]!);
  }

  #score(row: Float64Array, mean: Float64Array): number {
    if (this.#options.distance === 'cosine') return dot(row, mean) / Math.sqrt(dot(mean, mean));
    return -row.reduce((sum, x, d) => sum + (x - mean[d]!) ** 2, 0);
  }

  /** Features of unit length, one an image. */
  async #rows(images: readonly ImageRef[], work: WorkOptions): Promise<Float64Array[]> {
    const { cols, data } = await this.#features.images(images, work);
    return images.map((image, i) => {
      const row = Float64Array.from(data.subarray(i * cols, (i + 1) * cols));
      const length = Math.sqrt(dot(row, row));
      if (!Number.isFinite(length) || length === 0) {
        throw new ClError(
          'NON_FINITE',
          `my-plugin: image "${image.id}" has no finite feature. Leave it out.`,
        );
      }
      return row.map((x) => x / length);
    });
  }

  #assertAlive(): void {
    if (!this.#disposed) return;
    throw new ClError('DISPOSED', 'my-plugin: used after dispose(). Make a new one.');
  }
}

/** What `save` wrote. Sizes that disagree are refused by `stateTensor`. */
function read(state: LearnerState, width: number): [Float64Array[], number[]] {
  assertState('my-plugin', state);
  const rows = state.classes.length;
  const { data } = stateTensor('my-plugin', state, 'sums', ['float64'], [rows, width]);
  const counts = stateTensor('my-plugin', state, 'counts', ['int32'], [rows]).data;
  return [state.classes.map((_, c) => data.slice(c * width, (c + 1) * width)), [...counts]];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d += 1) sum += a[d]! * b[d]!;
  return sum;
}
