/** RAIL as a learner: features in, fused scores out. */
import {
  ClassRegistry,
  ClError,
  disposedError,
  lessonOf,
  throwIfAborted,
  type ClassInfo,
  type Experience,
  type FeatureSource,
  type ImageRef,
  type Learner,
  type LearnerState,
  type PredictOptions,
  type Sample,
  type Scores,
  type UnlearnRequest,
  type WorkOptions,
} from '@cl/hub';
import { fuse, inDistribution, unitFeatures, type ZeroShot } from '@cl/zero-shot';
import type { Adapter } from './adapter.ts';
import type { LabelledFeatures } from './feature-memory.ts';
import type { RailOptions } from './options.ts';
import { chosenRows, keyOf } from './sample-keys.ts';

/** What a {@link RailLearner} is made of. */
export interface RailParts {
  readonly options: RailOptions;
  readonly features: FeatureSource;
  readonly zeroShot: ZeroShot;
  readonly adapter: Adapter;
  readonly projectionSeed: number;
  readonly classes: readonly ClassInfo[];
  readonly experiences: number;
  /** Names of the samples kept, in the order of the adapter's rows. */
  readonly keys: readonly string[];
}

/** See `rail`. */
export class RailLearner implements Learner {
  readonly #parts: RailParts;
  #classes: ClassRegistry;
  #experiences: number;
  #keys: readonly string[];
  #disposed = false;

  /** Made by the plugin. */
  constructor(parts: RailParts) {
    this.#parts = parts;
    this.#classes = new ClassRegistry(parts.classes);
    this.#experiences = parts.experiences;
    this.#keys = parts.keys;
  }

  get classes(): readonly ClassInfo[] {
    return [...this.#classes.all];
  }

  get experiences(): number {
    return this.#experiences;
  }

  async learn(experience: Experience, work?: WorkOptions): Promise<void> {
    this.#assertOpen();
    const { lesson, classes } = lessonOf('rail', this.#classes, this.#experiences, experience);
    const features = await unitFeatures(this.#parts.features, lesson.images, work);
    throwIfAborted('rail', work?.signal);
    await this.#parts.adapter.add({ features, labels: lesson.labels }, lesson.classes, work);
    this.#classes = classes;
    this.#keys = [...this.#keys, ...experience.train.map(keyOf)];
    this.#experiences += 1;
    if (this.#parts.adapter.kept === undefined) this.#keys = [];
  }

  async predict(images: readonly ImageRef[], options: PredictOptions = {}): Promise<Scores> {
    this.#assertOpen();
    const candidates = options.candidates ?? this.#classes.all;
    if (candidates.length === 0) {
      throw new ClError(
        'NOT_LEARNED',
        'rail: nothing was learned and no candidates were given, expected one or the other. ' +
          'Call learn, or pass candidates for a zero-shot answer.',
      );
    }
    const { features, zeroShot, adapter } = this.#parts;
    const { adapterWeight, adapterTransform, idDetector } = this.#parts.options;
    const unit = await unitFeatures(features, images, options);
    const probabilities = await zeroShot.probabilities(unit, candidates, options);
    const columns = candidates.map(({ id }) => this.#classes.position(id) ?? -1);
    const learned = columns.map((column) => column >= 0);
    const rows = inDistribution(probabilities, learned, idDetector);
    const known = new Float32Array(rows.length * unit.cols);
    rows.forEach((row, i) => {
      known.set(unit.data.subarray(row * unit.cols, (row + 1) * unit.cols), i * unit.cols);
    });
    const size = this.#classes.size;
    const scores =
      rows.length === 0 || adapterWeight === 0
        ? { rows: rows.length, cols: size, data: new Float64Array(rows.length * size) }
        : await adapter.scores({ rows: rows.length, cols: unit.cols, data: known }, options);
    const { values, sources } = fuse(probabilities, rows, scores, columns, {
      adapterWeight,
      adapterTransform,
    });
    return { classes: [...candidates], values: values.data, sources };
  }

  async save(): Promise<LearnerState> {
    this.#assertOpen();
    const { adapter, projectionSeed, options } = this.#parts;
    const { blocks, tensors } = adapter.save();
    return {
      classes: this.classes,
      experiences: this.#experiences,
      values: { form: options.form, projectionSeed, blocks, samples: this.#keys },
      tensors,
    };
  }

  async merge(other: Learner): Promise<void> {
    this.#assertOpen();
    if (!(other instanceof RailLearner)) {
      throw new ClError(
        'INVALID_DATA',
        'rail: found another kind of learner to merge, expected RAIL. Merge learners of one plugin.',
      );
    }
    other.#assertOpen();
    this.#assertSameKind(other);
    const classes = new ClassRegistry(this.#classes.all);
    classes.add(other.#classes.all);
    const columns = other.#classes.all.map(({ id }) => classes.position(id)!);
    await this.#parts.adapter.merge(other.#parts.adapter, columns, classes.size);
    this.#classes = classes;
    this.#experiences += other.#experiences;
    this.#keys = this.#parts.adapter.kept === undefined ? [] : [...this.#keys, ...other.#keys];
  }

  async unlearn(request: UnlearnRequest, work?: WorkOptions): Promise<void> {
    this.#assertOpen();
    const { adapter } = this.#parts;
    if (request.kind === 'class') this.#position(request.classId, 'class');
    if (adapter.kept !== undefined) {
      const rows = chosenRows(this.#keys, request);
      await adapter.remove(rows);
      this.#keys = this.#keys.filter((_, row) => !rows.has(row));
    } else if (request.kind === 'class') {
      throw new ClError(
        'NOT_SUPPORTED',
        `rail: class "${request.classId}" cannot be taken out of sums over all samples, expected its samples. ` +
          'Unlearn with kind "samples" and the images of the class, or learn with memory "features".',
      );
    } else {
      this.#assertEnough(request.samples);
      const samples = await this.#featuresOf(request.samples, work);
      await adapter.remove(new Set(), samples, work);
    }
    this.#dropEmptyClasses();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  async #featuresOf(samples: readonly Sample[], work?: WorkOptions): Promise<LabelledFeatures> {
    const images = samples.map(({ image }) => image);
    const features = await unitFeatures(this.#parts.features, images, work);
    const labels = Int32Array.from(samples, ({ classId }) => this.#classes.position(classId)!);
    return { features, labels };
  }

  /** As if they had never been seen: a class without samples is forgotten, later ones move up. */
  #dropEmptyClasses(): void {
    const { adapter } = this.#parts;
    const { counts } = adapter;
    if (!counts.includes(0)) return;
    const left = new ClassRegistry(this.#classes.all.filter((_, c) => counts[c]! > 0));
    const columns = this.#classes.all.map(({ id }) => left.position(id) ?? -1);
    adapter.moveColumns(columns, left.size);
    this.#classes = left;
  }

  #assertEnough(samples: readonly Sample[]): void {
    const wanted = new Map<number, number>();
    for (const { classId, image } of samples) {
      const column = this.#position(classId, `image "${image.id}" of class`);
      wanted.set(column, (wanted.get(column) ?? 0) + 1);
    }
    for (const [column, count] of wanted) {
      const learned = this.#parts.adapter.counts[column]!;
      if (count <= learned) continue;
      throw new ClError(
        'INVALID_DATA',
        `rail: ${count} samples of class "${this.#classes.all[column]!.id}" are to be unlearned, expected at most the ` +
          `${learned} that were learned. List each learned sample once.`,
      );
    }
  }

  #position(classId: string, what: string): number {
    const position = this.#classes.position(classId);
    if (position !== undefined) return position;
    throw new ClError(
      'UNKNOWN_CLASS',
      `rail: ${what} "${classId}" is to be unlearned, expected a class that was learned. ` +
        `Choose one of the ${this.#classes.size} learned classes.`,
    );
  }

  #assertSameKind(other: RailLearner): void {
    const kindOf = ({ features, options, projectionSeed }: RailParts): Record<string, unknown> => ({
      backbone: features.fingerprint,
      hiddenLayer: options.form === 'primal' ? projectionSeed : 0,
      ...options,
    });
    const theirs = kindOf(other.#parts);
    for (const [name, value] of Object.entries(kindOf(this.#parts))) {
      const found = JSON.stringify(theirs[name]);
      if (found === JSON.stringify(value)) continue;
      throw new ClError(
        'INVALID_DATA',
        `rail: the learners to merge differ in ${name}: found ${found}, expected ${JSON.stringify(value)}. ` +
          'Create both with the same options, backbone and seed.',
      );
    }
  }

  #assertOpen(): void {
    if (this.#disposed) throw disposedError('rail');
  }
}
