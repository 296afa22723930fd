/**
 * FeCAM (Goswami et al., "FeCAM: Exploiting the Heterogeneity of Class Distributions in Exemplar-Free Continual Learning",
 * NeurIPS 2023): each class is a Gaussian with its own covariance, and an image belongs to the class whose Mahalanobis
 * distance is smallest. Nothing is trained, and nothing of a single image is kept.
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
import { factorOf, joined, mahalanobis, statisticsOf, type ClassStatistics } from './covariance.ts';

/** What users may choose; `cl` makes a flag of each. */
export interface FecamOptions {
  /** γ of the shrinkage: how much of the mean variance and covariance is added. Over 0. */
  readonly shrinkage: number;
  /** λ of Tukey's transform x^λ, for features that are never negative, such as those after a ReLU; 1: none. */
  readonly tukey: number;
}

/** The plugin. */
export const fecam: LearnerPlugin<FecamOptions> = defineLearner<FecamOptions>({
  name: 'fecam',
  description: 'FeCAM: each class by the mean and the covariance of its features.',
  defaults: { shrinkage: 1, tukey: 1 },
  help: {
    shrinkage: 'How much of the mean variance and covariance is added to each covariance.',
    tukey: 'Power for features that are never negative; 1 leaves them as they are.',
  },
  schema: z.object({ shrinkage: z.number().positive(), tukey: z.number().positive().max(1) }),
  presets: {
    relu: { help: 'Features after a ReLU, as the paper has them.', values: { tukey: 0.5 } },
  },
  needs: ['image-features'],
  scenarios: ['class-incremental', 'domain-incremental', 'task-incremental', 'x-tail', 'mtil'],
  capabilities: () => ({
    exemplarFree: true,
    mergeable: false,
    unlearn: false,
    deterministic: true,
    openVocabulary: false,
  }),
  async create(options, { features }) {
    return new Fecam(options, features);
  },
  async restore(state, options, { features }) {
    return new Fecam(options, features, state);
  },
});

class Fecam implements Learner {
  readonly #options: FecamOptions;
  readonly #features: FeatureSource;
  readonly #registry: ClassRegistry;
  /** In the order of the registry. */
  readonly #statistics: ClassStatistics[];
  /** Made when they are first needed; a class that learns again loses its own. */
  readonly #factors = new Map<number, Float64Array>();
  #experiences: number;
  #disposed = false;

  constructor(options: FecamOptions, features: FeatureSource, state?: LearnerState) {
    this.#options = options;
    this.#features = features;
    this.#registry = new ClassRegistry(state?.classes);
    this.#experiences = state?.experiences ?? 0;
    this.#statistics = state === undefined ? [] : read(state, features.featureDim);
  }

  get classes(): readonly ClassInfo[] {
    return this.#registry.all;
  }

  get experiences(): number {
    return this.#experiences;
  }

  async learn(experience: Experience, work: WorkOptions = {}): Promise<void> {
    this.#assertAlive();
    assertExperience('fecam', this.#experiences, experience);
    const rows = await this.#rows(
      experience.train.map(({ image }) => image),
      work,
    );
    throwIfAborted('fecam', work.signal);
    const fresh = experience.classes.map(({ id }) => {
      const own = rows.filter((_, i) => experience.train[i]!.classId === id);
      return statisticsOf(own, this.#features.featureDim);
    });
    // Nothing can fail from here on: the learner learns all of the experience or nothing of it.
    this.#registry.add(experience.classes);
    experience.classes.forEach(({ id }, i) => {
      const c = this.#registry.position(id)!;
      const before = this.#statistics[c];
      this.#statistics[c] = before === undefined ? fresh[i]! : joined(before, fresh[i]!);
      this.#factors.delete(c);
    });
    this.#experiences += 1;
  }

  async predict(images: readonly ImageRef[], options: PredictOptions = {}): Promise<Scores> {
    this.#assertAlive();
    if (this.#experiences === 0) {
      throw new ClError(
        'NOT_LEARNED',
        'fecam: nothing was learned, expected a class. Call learn first.',
      );
    }
    const classes = [...(options.candidates ?? this.classes)];
    const known = classes.map((info) => this.#position(info));
    const rows = (await this.#rows(images, options)).map(unit);
    throwIfAborted('fecam', options.signal);
    const values = new Float64Array(images.length * classes.length); // [N, C]
    known.forEach((position, c) => {
      const factor = this.#factor(position);
      const mean = unit(this.#statistics[position]!.mean);
      rows.forEach((row, i) => {
        const difference = row.map((x, d) => x - mean[d]!);
        values[i * classes.length + c] = -mahalanobis(factor, difference);
      });
    });
    return { classes, values, sources: images.map(() => 'adapter') };
  }

  async save(): Promise<LearnerState> {
    this.#assertAlive();
    const [rows, width] = [this.#statistics.length, this.#features.featureDim];
    const triangle = (width * (width + 1)) / 2;
    const means = new Float64Array(rows * width);
    const scatters = new Float64Array(rows * triangle);
    this.#statistics.forEach(({ mean, scatter }, c) => {
      means.set(mean, c * width);
      scatters.set(scatter, c * triangle);
    });
    const counts = Int32Array.from(this.#statistics, ({ count }) => count);
    return {
      classes: this.classes,
      experiences: this.#experiences,
      values: {},
      tensors: {
        means: { dtype: 'float64', dims: [rows, width], data: means },
        scatters: { dtype: 'float64', dims: [rows, triangle], data: scatters },
        counts: { dtype: 'int32', dims: [rows], data: counts },
      },
    };
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  #position({ id }: ClassInfo): number {
    const position = this.#registry.position(id);
    if (position !== undefined) return position;
    throw new ClError('UNKNOWN_CLASS', `fecam: class "${id}" was never seen. Learn it first.`);
  }

  #factor(position: number): Float64Array {
    const known = this.#factors.get(position);
    if (known !== undefined) return known;
    const made = factorOf(this.#statistics[position]!, this.#options.shrinkage);
    if (made === undefined) {
      const { id } = this.classes[position]!;
      throw new ClError(
        'NOT_POSITIVE_DEFINITE',
        `fecam: the covariance of class "${id}" is singular at shrinkage ${this.#options.shrinkage}. Use a larger one.`,
      );
    }
    this.#factors.set(position, made);
    return made;
  }

  /** Features after Tukey's transform, one an image. */
  async #rows(images: readonly ImageRef[], work: WorkOptions): Promise<Float64Array[]> {
    const { cols, data } = await this.#features.images(images, work);
    const { tukey } = this.#options;
    return images.map(({ id }, i) => {
      const row = Float64Array.from(data.subarray(i * cols, (i + 1) * cols));
      if (row.some((x) => !Number.isFinite(x)) || row.every((x) => x === 0)) {
        throw new ClError(
          'NON_FINITE',
          `fecam: image "${id}" has no finite feature. Leave it out.`,
        );
      }
      if (tukey === 1) return row;
      if (row.some((x) => x < 0)) {
        throw new ClError(
          'INVALID_OPTION',
          `fecam: tukey is ${tukey}, but image "${id}" has a negative feature. Use 1 with this backbone.`,
        );
      }
      return row.map((x) => x ** tukey);
    });
  }

  #assertAlive(): void {
    if (!this.#disposed) return;
    throw new ClError('DISPOSED', 'fecam: used after dispose(). Make a new one.');
  }
}

/** What `save` wrote. Sizes that disagree are refused by `stateTensor`. */
function read(state: LearnerState, width: number): ClassStatistics[] {
  assertState('fecam', state);
  const rows = state.classes.length;
  const triangle = (width * (width + 1)) / 2;
  const means = stateTensor('fecam', state, 'means', ['float64'], [rows, width]).data;
  const scatters = stateTensor('fecam', state, 'scatters', ['float64'], [rows, triangle]).data;
  const counts = stateTensor('fecam', state, 'counts', ['int32'], [rows]).data;
  return state.classes.map((_, c) => ({
    count: counts[c]!,
    mean: means.slice(c * width, (c + 1) * width),
    scatter: scatters.slice(c * triangle, (c + 1) * triangle),
  }));
}

function unit(row: Float64Array): Float64Array {
  const length = Math.hypot(...row);
  return length === 0 ? row : row.map((x) => x / length);
}
