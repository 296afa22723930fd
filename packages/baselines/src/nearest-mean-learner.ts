/** Sums of unit features: see {@link nearestMean}. */
import {
  assertState,
  ClassRegistry,
  ClError,
  disposedError,
  knownCandidates,
  lessonOf,
  stateTensor,
  throwIfAborted,
  type Experience,
  type FeatureSource,
  type ImageRef,
  type Learner,
  type LearnerAccount,
  type LearnerContext,
  type LearnerState,
  type PredictOptions,
  type Sample,
  type Scores,
  type UnlearnRequest,
  type WorkOptions,
} from '@cl/hub';
import { multiply } from '@cl/linalg';
import { unitFeatures } from '@cl/zero-shot';

/** A learner that has seen nothing. */
export function createNearestMean({ features }: LearnerContext): Learner {
  return new NearestMean(features, new ClassRegistry(), 0, []);
}

/**
 * The learner that was saved.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function restoreNearestMean(state: LearnerState, { features }: LearnerContext): Learner {
  assertState('nearest-mean', state);
  const [rows, cols] = [state.classes.length, features.featureDim];
  const { data } = stateTensor('nearest-mean', state, 'sums', ['float64'], [rows, cols]);
  const counts = stateTensor('nearest-mean', state, 'counts', ['int32'], [rows]).data;
  const sums = state.classes.map((_, c) => ({
    vector: data.slice(c * cols, (c + 1) * cols),
    count: counts[c]!,
  }));
  return new NearestMean(features, new ClassRegistry(state.classes), state.experiences, sums);
}

/** Σ of a class's unit features, and how many they are. */
interface ClassSum {
  readonly vector: Float64Array;
  readonly count: number;
}

class NearestMean implements Learner {
  readonly #features: FeatureSource;
  #classes: ClassRegistry;
  #experiences: number;
  #sums: readonly ClassSum[];
  #disposed = false;

  constructor(
    features: FeatureSource,
    classes: ClassRegistry,
    experiences: number,
    sums: readonly ClassSum[],
  ) {
    this.#features = features;
    this.#classes = classes;
    this.#experiences = experiences;
    this.#sums = sums;
  }

  get classes(): readonly ClassRegistry['all'][number][] {
    return [...this.#classes.all];
  }

  get experiences(): number {
    return this.#experiences;
  }

  async learn(experience: Experience, work?: WorkOptions): Promise<void> {
    this.#assertOpen();
    const { classes } = lessonOf('nearest-mean', this.#classes, this.#experiences, experience);
    const sums = await this.#changed(classes, experience.train, 1, work);
    throwIfAborted('nearest-mean', work?.signal);
    this.#classes = classes;
    this.#sums = sums;
    this.#experiences += 1;
  }

  async predict(images: readonly ImageRef[], options: PredictOptions = {}): Promise<Scores> {
    this.#assertOpen();
    const { classes, columns } = knownCandidates('nearest-mean', this.#classes, options.candidates);
    const features = await unitFeatures(this.#features, images, options);
    const means = {
      rows: columns.length,
      cols: features.cols,
      data: new Float32Array(columns.length * features.cols),
    };
    columns.forEach((column, c) => {
      means.data.set(unit(this.#sums[column]!.vector), c * features.cols);
    });
    const { signal } = options;
    const { data: values } = await multiply(features, means, { transposeB: true, signal }); // cosines
    return { classes, values, sources: images.map(() => 'adapter') };
  }

  async save(): Promise<LearnerState> {
    this.#assertOpen();
    const [rows, cols] = [this.#sums.length, this.#features.featureDim];
    const sums = new Float64Array(rows * cols);
    this.#sums.forEach(({ vector }, c) => {
      sums.set(vector, c * cols);
    });
    const counts = Int32Array.from(this.#sums, ({ count }) => count);
    return {
      classes: this.classes,
      experiences: this.#experiences,
      values: {},
      tensors: {
        sums: { dtype: 'float64', dims: [rows, cols], data: sums },
        counts: { dtype: 'int32', dims: [rows], data: counts },
      },
    };
  }

  async merge(other: Learner): Promise<void> {
    this.#assertOpen();
    if (
      !(other instanceof NearestMean) ||
      other.#features.fingerprint !== this.#features.fingerprint
    ) {
      throw new ClError(
        'INVALID_DATA',
        'nearest-mean: found another kind of learner or backbone to merge, expected the same. ' +
          'Merge learners of one plugin on one backbone.',
      );
    }
    other.#assertOpen();
    const classes = new ClassRegistry(this.#classes.all);
    classes.add(other.#classes.all);
    const sums = this.#copies(classes);
    other.#classes.all.forEach(({ id }, c) => {
      const column = classes.position(id)!;
      const { vector, count } = other.#sums[c]!;
      for (let k = 0; k < vector.length; k += 1) sums[column]!.vector[k]! += vector[k]!;
      sums[column]!.count += count;
    });
    this.#classes = classes;
    this.#sums = sums;
    this.#experiences += other.#experiences;
  }

  async unlearn(request: UnlearnRequest, work?: WorkOptions): Promise<void> {
    this.#assertOpen();
    const samples = request.kind === 'samples' ? request.samples : [];
    const ids = request.kind === 'class' ? [request.classId] : samples.map((s) => s.classId);
    for (const id of ids) {
      if (this.#classes.has(id)) continue;
      throw new ClError(
        'UNKNOWN_CLASS',
        `nearest-mean: class "${id}" is to be unlearned, expected one that was learned. ` +
          `Choose one of the ${this.#classes.size} learned classes.`,
      );
    }
    const sums = await this.#changed(this.#classes, samples, -1, work);
    const few = sums.findIndex(({ count }) => count < 0);
    if (few >= 0) {
      throw new ClError(
        'INVALID_DATA',
        `nearest-mean: more samples of class "${this.#classes.all[few]!.id}" are to be unlearned than the ` +
          `${this.#sums[few]!.count} learned, expected at most those. List each learned sample once.`,
      );
    }
    const stays = this.#classes.all.map(
      ({ id }, c) => sums[c]!.count > 0 && !(request.kind === 'class' && request.classId === id),
    );
    this.#sums = sums.filter((_, c) => stays[c]);
    this.#classes = new ClassRegistry(this.#classes.all.filter((_, c) => stays[c]));
  }

  async describe(): Promise<LearnerAccount> {
    this.#assertOpen();
    const keeps = 'a sum of unit features and a count for each class';
    return { trainableParameters: 0, keeps, insights: [] };
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  /** The sums with samples added or subtracted; nothing here is changed. */
  async #changed(
    classes: ClassRegistry,
    samples: readonly Sample[],
    sign: 1 | -1,
    work?: WorkOptions,
  ): Promise<readonly ClassSum[]> {
    const images = samples.map(({ image }) => image);
    const { cols, data } = await unitFeatures(this.#features, images, work);
    const sums = this.#copies(classes);
    samples.forEach(({ classId }, i) => {
      const sum = sums[classes.position(classId)!]!;
      for (let k = 0; k < cols; k += 1) sum.vector[k]! += sign * data[i * cols + k]!;
      sum.count += sign;
    });
    return sums;
  }

  #copies(classes: ClassRegistry): { vector: Float64Array; count: number }[] {
    return classes.all.map((_, c) => ({
      vector: this.#sums[c]?.vector.slice() ?? new Float64Array(this.#features.featureDim),
      count: this.#sums[c]?.count ?? 0,
    }));
  }

  #assertOpen(): void {
    if (this.#disposed) throw disposedError('nearest-mean');
  }
}

/** The vector divided by its length; one without a direction stays zero and has cosine 0 with everything. */
function unit(vector: Float64Array): Float64Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((x) => x / length);
}
