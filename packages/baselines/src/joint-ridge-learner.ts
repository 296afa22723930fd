/** All samples so far, solved for as a whole: see {@link jointRidge}. */
import {
  assertState,
  ClassRegistry,
  ClError,
  createRandom,
  disposedError,
  knownCandidates,
  lessonOf,
  stateTensor,
  throwIfAborted,
  type ClassInfo,
  type Experience,
  type FeatureSource,
  type ImageRef,
  type Learner,
  type LearnerContext,
  type LearnerState,
  type Matrix,
  type PredictOptions,
  type Scores,
  type WorkOptions,
} from '@cl/hub';
import { randomProjection } from '@cl/linalg';
import { pickColumns } from '@cl/training/learner';
import { createZeroShot, fuse, inDistribution, unitFeatures, type ZeroShot } from '@cl/zero-shot';
import type { JointRidgeOptions } from './joint-ridge.ts';
import { JointSolver, type Block } from './joint-solve.ts';

/** A learner that has seen nothing. */
export function createJointRidge(
  options: JointRidgeOptions,
  { features, random }: LearnerContext,
): Learner {
  // The label is RAIL's: from one seed both draw one hidden layer.
  const seed = random.fork('random-projection').uint32();
  return new JointRidge(options, features, seed, new ClassRegistry(), 0, []);
}

/**
 * The learner that was saved.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function restoreJointRidge(
  state: LearnerState,
  options: JointRidgeOptions,
  { features }: LearnerContext,
): Learner {
  assertState('joint-ridge', state);
  const { projectionSeed } = state.values;
  const classes = new ClassRegistry(state.classes);
  if (typeof projectionSeed !== 'number') throw corrupt('no projectionSeed', 'a number');
  const blocks = restoreBlocks(state, features.featureDim);
  return new JointRidge(options, features, projectionSeed, classes, state.experiences, blocks);
}

class JointRidge implements Learner {
  readonly #options: JointRidgeOptions;
  readonly #features: FeatureSource;
  readonly #projectionSeed: number;
  readonly #solver: JointSolver;
  readonly #zeroShot: ZeroShot | undefined;
  #classes: ClassRegistry;
  #experiences: number;
  #blocks: readonly Block[];
  #weights: Matrix | undefined;
  #disposed = false;

  constructor(
    options: JointRidgeOptions,
    features: FeatureSource,
    projectionSeed: number,
    classes: ClassRegistry,
    experiences: number,
    blocks: readonly Block[],
  ) {
    const { hiddenDim, precision, ridge, adapterWeight } = options;
    const random = createRandom(projectionSeed);
    const lifted = precision === 'float64' ? 'float64' : 'float32';
    const projection = randomProjection(features.featureDim, hiddenDim, random, lifted);
    this.#options = options;
    this.#features = features;
    this.#projectionSeed = projectionSeed;
    this.#solver = new JointSolver(
      projection,
      ridge,
      precision === 'float32' ? 'float32' : 'float64',
    );
    this.#zeroShot = adapterWeight < 1 ? createZeroShot(features, options) : undefined;
    this.#classes = classes;
    this.#experiences = experiences;
    this.#blocks = blocks;
  }

  get classes(): readonly ClassInfo[] {
    return [...this.#classes.all];
  }

  get experiences(): number {
    return this.#experiences;
  }

  async learn(experience: Experience, work?: WorkOptions): Promise<void> {
    this.#assertOpen();
    const { lesson, classes } = lessonOf(
      'joint-ridge',
      this.#classes,
      this.#experiences,
      experience,
    );
    const features = await unitFeatures(this.#features, lesson.images, work);
    throwIfAborted('joint-ridge', work?.signal);
    this.#blocks = [...this.#blocks, { features, labels: lesson.labels }];
    this.#classes = classes;
    this.#experiences += 1;
    this.#weights = undefined;
  }

  async predict(images: readonly ImageRef[], options: PredictOptions = {}): Promise<Scores> {
    this.#assertOpen();
    if (this.#zeroShot !== undefined && (options.candidates?.length ?? this.#classes.size) > 0) {
      return this.#fused(this.#zeroShot, images, options);
    }
    const { classes, columns } = knownCandidates('joint-ridge', this.#classes, options.candidates);
    const features = await unitFeatures(this.#features, images, options);
    const { data } = await this.#scores(features, options);
    return {
      classes,
      values: pickColumns(data, this.#classes.size, columns),
      sources: images.map(() => 'adapter'),
    };
  }

  async save(): Promise<LearnerState> {
    this.#assertOpen();
    const cols = this.#features.featureDim;
    const labels = Int32Array.from(this.#blocks.flatMap((block) => [...block.labels]));
    const data = new Float32Array(labels.length * cols);
    let first = 0;
    for (const { features } of this.#blocks) {
      data.set(features.data, first * cols);
      first += features.rows;
    }
    return {
      classes: this.classes,
      experiences: this.#experiences,
      values: {
        projectionSeed: this.#projectionSeed,
        blocks: this.#blocks.map((block) => block.labels.length),
      },
      tensors: {
        features: { dtype: 'float32', dims: [labels.length, cols], data },
        labels: { dtype: 'int32', dims: [labels.length], data: labels },
      },
    };
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  /** RAIL's fusion, so that the two can be compared number by number. */
  async #fused(
    zeroShot: ZeroShot,
    images: readonly ImageRef[],
    options: PredictOptions,
  ): Promise<Scores> {
    const classes = [...(options.candidates ?? this.#classes.all)];
    const features = await unitFeatures(this.#features, images, options);
    const probabilities = await zeroShot.probabilities(features, classes, options);
    const columns = classes.map(({ id }) => this.#classes.position(id) ?? -1);
    const learned = columns.map((column) => column >= 0);
    const rows = inDistribution(probabilities, learned);
    const all = rows.length === 0 ? undefined : await this.#scores(features, options);
    const size = this.#classes.size;
    const chosen = new Float64Array(rows.length * size);
    rows.forEach((row, i) => {
      chosen.set(all!.data.subarray(row * size, (row + 1) * size), i * size);
    });
    const adapter = { rows: rows.length, cols: size, data: chosen };
    const { values, sources } = fuse(probabilities, rows, adapter, columns, this.#options);
    return { classes, values: values.data, sources };
  }

  async #scores(features: Matrix, work: WorkOptions): Promise<Matrix> {
    const { signal } = work;
    this.#weights ??= await this.#solver.solve(this.#blocks, this.#classes.size, signal);
    return this.#solver.scores(features, this.#weights, signal);
  }

  #assertOpen(): void {
    if (this.#disposed) throw disposedError('joint-ridge');
  }
}

function restoreBlocks(state: LearnerState, featureDim: number): readonly Block[] {
  const where = 'joint-ridge';
  const { data: labels } = stateTensor(where, state, 'labels', ['int32'], [undefined]);
  const shape = [labels.length, featureDim];
  const { data } = stateTensor(where, state, 'features', ['float32'], shape);
  const seen = new Set(labels);
  const whole = [...seen].every((label) => label >= 0 && label < state.classes.length);
  if (!whole || seen.size !== state.classes.length) {
    throw corrupt(`labels of ${seen.size} classes`, `each of ${state.classes.length}`);
  }
  const { blocks: given } = state.values;
  const sizes = (Array.isArray(given) ? given : []) as readonly unknown[];
  let first = 0;
  const blocks = sizes.map((size) => {
    const rows = Number.isInteger(size) ? Math.max(0, size as number) : 0;
    const end = first + rows;
    const features = data.slice(first * featureDim, end * featureDim);
    const block = {
      features: { rows, cols: featureDim, data: features },
      labels: labels.slice(first, end),
    };
    first = end;
    return block;
  });
  if (first === labels.length) return blocks;
  throw corrupt(`blocks of ${first} samples`, `${labels.length}, one for each label`);
}

function corrupt(found: string, expected: string): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `joint-ridge: the saved state has ${found}, expected ${expected}. Restore an earlier copy.`,
  );
}
