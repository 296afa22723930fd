/**
 * The smallest learner that keeps every promise: class sums of unit features, in two forms. The tests of the kit break it
 * in one place at a time.
 */
import {
  ClassRegistry,
  ClError,
  defineLearner,
  throwIfAborted,
  type ClassInfo,
  type Experience,
  type FeatureSource,
  type Learner,
  type LearnerCapabilities,
  type LearnerContext,
  type LearnerPlugin,
  type LearnerState,
  type PredictOptions,
  type Sample,
  type Scores,
  type UnlearnRequest,
  type WorkOptions,
} from '@cl/hub';
import type { ImageRef } from '@cl/hub';

export interface CentroidOptions {
  /** `open`: classes without samples are scored by their name. */
  readonly vocabulary: 'closed' | 'open';
}

/** What one sample does to the sums. */
type Sign = 1 | -1;

export class CentroidLearner implements Learner {
  registry = new ClassRegistry();
  experiences = 0;
  sums: Float64Array[] = [];
  counts: number[] = [];
  /** Weights of the dimensions: something that depends on the seed and has to be saved. */
  weights: Float64Array;
  disposed = false;
  readonly features: FeatureSource;
  readonly options: CentroidOptions;

  constructor(options: CentroidOptions, { features, random }: LearnerContext) {
    this.options = options;
    this.features = features;
    this.weights = Float64Array.from({ length: features.featureDim }, () => 0.5 + random.uniform());
  }

  get classes(): readonly ClassInfo[] {
    return this.registry.all;
  }

  async learn(experience: Experience, options: WorkOptions = {}): Promise<void> {
    this.assertAlive();
    this.assertFits(experience);
    throwIfAborted('centroid', options.signal);
    const rows = await this.rows(
      experience.train.map(({ image }) => image),
      options,
    );
    throwIfAborted('centroid', options.signal);
    this.registry.add(experience.classes);
    this.add(experience.train, rows, 1);
    this.experiences += 1;
  }

  async predict(images: readonly ImageRef[], options: PredictOptions = {}): Promise<Scores> {
    this.assertAlive();
    throwIfAborted('centroid', options.signal);
    const open = this.options.vocabulary === 'open' && options.candidates !== undefined;
    if (this.experiences === 0 && !open) {
      throw new ClError('NOT_LEARNED', 'centroid: nothing was learned. Call learn first.');
    }
    const classes = [...(options.candidates ?? this.classes)];
    const centroids = await Promise.all(classes.map((info) => this.centroid(info)));
    const rows = await this.rows(images, options);
    const values = Float64Array.from(rows.flatMap((row) => centroids.map((c) => dot(row, c))));
    return { classes, values, sources: images.map(() => 'adapter') };
  }

  async centroid(info: ClassInfo): Promise<Float64Array> {
    const position = this.registry.position(info.id);
    if (position !== undefined) return this.sums[position]!.map((x) => x / this.counts[position]!);
    if (this.options.vocabulary === 'open') return this.unit(await this.text(info));
    throw new ClError(
      'UNKNOWN_CLASS',
      `centroid: class "${info.id}" was never seen. Learn it first.`,
    );
  }

  async text(info: ClassInfo): Promise<Float32Array> {
    return (await this.features.texts!([`a photo of ${info.phrase ?? info.name}`])).data;
  }

  async save(): Promise<LearnerState> {
    this.assertAlive();
    const dims = [this.sums.length, this.weights.length];
    return {
      classes: this.classes,
      experiences: this.experiences,
      values: { vocabulary: this.options.vocabulary },
      tensors: {
        sums: { dtype: 'float64', dims, data: Float64Array.from(this.sums.flatMap((s) => [...s])) },
        counts: { dtype: 'float64', dims: [dims[0]!], data: Float64Array.from(this.counts) },
        weights: { dtype: 'float64', dims: [dims[1]!], data: this.weights },
      },
    };
  }

  load({ classes, experiences, tensors }: LearnerState): this {
    const width = this.features.featureDim;
    const expected = { sums: [classes.length, width], counts: [classes.length], weights: [width] };
    for (const [name, dims] of Object.entries(expected)) {
      const tensor = tensors[name];
      const size = dims.reduce((a, b) => a * b, 1);
      if (String(tensor?.dims) !== String(dims) || tensor?.data.length !== size) {
        throw new ClError(
          'CORRUPT_FILE',
          `centroid: tensor "${name}" is not [${dims.join(', ')}].`,
        );
      }
    }
    if (!Number.isInteger(experiences) || experiences < 0) {
      throw new ClError('CORRUPT_FILE', `centroid: ${experiences} experiences, expected a count.`);
    }
    const sums = tensors['sums']!.data as Float64Array;
    this.registry = new ClassRegistry(classes);
    this.experiences = experiences;
    this.sums = classes.map((_, c) => sums.slice(c * width, (c + 1) * width));
    this.counts = [...(tensors['counts']!.data as Float64Array)];
    this.weights = (tensors['weights']!.data as Float64Array).slice();
    return this;
  }

  async merge(other: Learner): Promise<void> {
    const theirs = await other.save();
    if (theirs.tensors['weights']?.dims[0] !== this.weights.length) {
      throw new ClError('SHAPE_MISMATCH', 'centroid: the other has features of another width.');
    }
    const loaded = new CentroidLearner(this.options, { features: this.features, random: noRandom });
    loaded.load(theirs);
    this.registry.add(theirs.classes);
    theirs.classes.forEach((info, c) => {
      this.accumulate(info.id, loaded.sums[c]!, 1, loaded.counts[c]!);
    });
    this.experiences += theirs.experiences;
  }

  async unlearn(request: UnlearnRequest): Promise<void> {
    if (request.kind === 'class') {
      throw new ClError('NOT_SUPPORTED', 'centroid: keeps columns for ever. Give samples.');
    }
    this.add(request.samples, await this.rows(request.samples.map(({ image }) => image)), -1);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }

  add(samples: readonly Sample[], rows: readonly Float64Array[], sign: Sign): void {
    samples.forEach(({ classId }, i) => {
      this.accumulate(classId, rows[i]!, sign, 1);
    });
  }

  accumulate(classId: string, row: Float64Array, sign: Sign, count: number): void {
    const c = this.registry.position(classId)!;
    this.sums[c] ??= new Float64Array(row.length);
    row.forEach((x, d) => (this.sums[c]![d]! += sign * x));
    this.counts[c] = (this.counts[c] ?? 0) + sign * count;
  }

  async rows(images: readonly ImageRef[], options: WorkOptions = {}): Promise<Float64Array[]> {
    const { data, cols } = await this.features.images(images, options);
    return images.map((_, i) => this.unit(data.subarray(i * cols, (i + 1) * cols)));
  }

  /** The feature at unit length, its dimensions weighted. */
  unit(feature: Float32Array): Float64Array {
    const length = Math.hypot(...feature);
    if (!Number.isFinite(length)) {
      throw new ClError(
        'NON_FINITE',
        'centroid: a feature is NaN. Look at the image it came from.',
      );
    }
    return Float64Array.from(feature, (x, d) => (x / length) * this.weights[d]!);
  }

  assertAlive(): void {
    if (this.disposed)
      throw new ClError('DISPOSED', 'centroid: used after dispose(). Make a new one.');
  }

  assertFits({ index, classes, train }: Experience): void {
    if (index !== this.experiences) {
      throw new ClError(
        'OUT_OF_ORDER',
        `centroid: experience ${index}, expected ${this.experiences}.`,
      );
    }
    const listed = new Set(classes.map(({ id }) => id));
    const stray = train.find(({ classId }) => !listed.has(classId));
    if (stray !== undefined) {
      throw new ClError(
        'UNKNOWN_CLASS',
        `centroid: class "${stray.classId}" is not listed. List it.`,
      );
    }
    const empty = classes.find(({ id }) => !train.some(({ classId }) => classId === id));
    if (empty !== undefined) {
      throw new ClError(
        'EMPTY_CLASS',
        `centroid: class "${empty.id}" has no sample. Leave it out.`,
      );
    }
  }
}

const noRandom = { uniform: () => 0 } as unknown as LearnerContext['random'];

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d += 1) sum += a[d]! * b[d]!;
  return sum;
}

/** What a broken centroid plugin does otherwise. */
export interface CentroidVariant {
  readonly learner?: typeof CentroidLearner;
  readonly capabilities?: Partial<LearnerCapabilities>;
  readonly plugin?: Partial<LearnerPlugin<CentroidOptions>>;
}

/** The plugin, sound unless told how to break it. */
export function centroid(variant: CentroidVariant = {}): LearnerPlugin<CentroidOptions> {
  const Made = variant.learner ?? CentroidLearner;
  return {
    ...defineLearner<CentroidOptions>({
      name: 'centroid',
      description: 'Scores by the dot product with the mean of each class.',
      defaults: { vocabulary: 'closed' },
      help: { vocabulary: 'Whether classes without samples are scored by their name.' },
      schema: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value) => {
            const vocabulary = (value as Partial<CentroidOptions> | null)?.vocabulary;
            return vocabulary === 'open' || vocabulary === 'closed'
              ? { value: { vocabulary } }
              : { issues: [{ message: 'expected open or closed', path: ['vocabulary'] }] };
          },
        },
      },
      needs: ['image-features', 'text-features'],
      scenarios: ['class-incremental'],
      capabilities: ({ vocabulary }) => ({
        exemplarFree: true,
        mergeable: true,
        unlearn: true,
        deterministic: true,
        openVocabulary: vocabulary === 'open',
        ...variant.capabilities,
      }),
      create: async (options, context) => new Made(options, context),
      restore: async (state, options, context) => new Made(options, context).load(state),
    }),
    ...variant.plugin,
  };
}
