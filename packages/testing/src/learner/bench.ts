/** What the checks of a learner work with: learners made, taught and asked in one way, and cleaned up. */
import {
  classesOf,
  createRandom,
  resolveOptions,
  type ClassInfo,
  type Experience,
  type FeatureSource,
  type ImageRef,
  type Learner,
  type LearnerCapabilities,
  type LearnerContext,
  type LearnerPlugin,
  type LearnerState,
  type Scores,
  type Stream,
  type TrainableBackbone,
} from '@cl/hub';
import { assert, assertEqual, type Check } from '../check.ts';
import { assertSameBits, roundingTolerance } from '../compare.ts';
import { syntheticStream } from '../fixtures/synthetic-stream.ts';

/** How a learner is checked. Everything has a default that needs no model and no file. */
export interface LearnerCheckSettings {
  /** At least three experiences; default a synthetic one of four, whose last shows an old class again. */
  readonly stream?: Stream;
  /** A source of features for the images of `stream`; default a synthetic one, of exactly what the plugin needs. */
  readonly features?: () => FeatureSource;
  /** The backbone of those features, opened; for plugins that need `graph`. */
  readonly backbone?: TrainableBackbone;
  /** Seed of the learners; default 1. */
  readonly seed?: number;
  /** For what is equal up to rounding, relative to the largest score; default 1e-4 (float32). */
  readonly tolerance?: number;
}

/** Settings with their source of features decided. */
type BenchSettings = LearnerCheckSettings & Required<Pick<LearnerCheckSettings, 'features'>>;

/** A learner plugin on the bench. One bench serves one run of one check. */
export class LearnerBench<O extends object = object> {
  readonly plugin: LearnerPlugin<O>;
  readonly stream: Stream;
  readonly tolerance: number;
  readonly #given: Partial<O>;
  readonly #settings: BenchSettings;
  readonly #made: Learner[] = [];
  readonly #untroubled = new Map<number, Promise<Scores>>();

  constructor(plugin: LearnerPlugin<O>, given: Partial<O>, settings: BenchSettings) {
    this.plugin = plugin;
    this.#given = given;
    this.#settings = settings;
    this.stream = settings.stream ?? syntheticStream({ revisit: true });
    this.tolerance = settings.tolerance ?? roundingTolerance;
  }

  /** The promises under the options given. */
  get capabilities(): LearnerCapabilities {
    return this.plugin.capabilities({ ...this.plugin.defaults, ...this.#given });
  }

  /** Images to ask about: all test images of the stream. */
  get images(): readonly ImageRef[] {
    return this.stream.evaluations.flatMap(({ test }) => test.map(({ image }) => image));
  }

  /** The experience at a position of the stream. */
  experience(index: number): Experience {
    const found = this.stream.experiences[index];
    assert(found !== undefined, `stream: no experience ${index}, expected at least ${index + 1}.`);
    return found;
  }

  /** A source of what the plugin declares to need. */
  features(): FeatureSource {
    return this.#settings.features();
  }

  /** The options given over the defaults, checked. */
  async options(): Promise<O> {
    return resolveOptions(this.plugin, this.#given as Record<string, unknown>);
  }

  /** A learner that has seen nothing. */
  async fresh(
    features: FeatureSource = this.features(),
    seed: number = this.seed,
  ): Promise<Learner> {
    return this.keep(await this.plugin.create(await this.options(), this.#context(features, seed)));
  }

  /** A learner of the plugin's own defaults, whatever was given. */
  async fromDefaults(): Promise<Learner> {
    const context = this.#context(this.features(), this.seed);
    return this.keep(await this.plugin.create(await resolveOptions(this.plugin), context));
  }

  /** The seed of the learners. */
  get seed(): number {
    return this.#settings.seed ?? 1;
  }

  /** The learner that a state describes, given a seed of no relation to the one it had. */
  async restored(state: LearnerState): Promise<Learner> {
    const context = this.#context(this.features(), this.seed + 7919);
    return this.keep(await this.plugin.restore(state, await this.options(), context));
  }

  /** A learner that has learned the first experiences. */
  async taught(count: number, features?: FeatureSource, seed?: number): Promise<Learner> {
    const learner = await this.fresh(features, seed);
    for (let i = 0; i < count; i += 1) await learner.learn(this.experience(i));
    return learner;
  }

  /** Scores of all test images. */
  async scores(learner: Learner, candidates?: readonly ClassInfo[]): Promise<Scores> {
    return learner.predict(this.images, candidates === undefined ? {} : { candidates });
  }

  /** Scores of a deterministic learner that has learned the first experiences and nothing ever happened to. */
  async untroubled(count: number): Promise<Scores> {
    const known = this.#untroubled.get(count);
    if (known !== undefined) return known;
    const scores = this.taught(count).then((learner) => this.scores(learner));
    this.#untroubled.set(count, scores);
    return scores;
  }

  /** Classes of the first experiences in order of first appearance. */
  classes(count: number): readonly ClassInfo[] {
    return classesOf(this.stream.experiences.slice(0, count));
  }

  /** Sees to it that a learner is disposed of. */
  keep(learner: Learner): Learner {
    this.#made.push(learner);
    return learner;
  }

  #context(features: FeatureSource, seed: number): LearnerContext {
    return { features, backbone: this.#settings.backbone, random: createRandom(seed) };
  }

  /** Disposes of every learner made here. */
  async clear(): Promise<void> {
    for (const learner of this.#made.splice(0)) await learner.dispose();
  }
}

/** A check of learners, before it is told which. */
export interface LearnerPromise {
  readonly name: string;
  /** Whether the promise is made at all; default: always. */
  readonly when?: (capabilities: LearnerCapabilities) => boolean;
  readonly verify: (bench: LearnerBench) => Promise<void>;
}

/** The promise about one plugin. */
export function promiseOf({ name, verify }: LearnerPromise, bench: () => LearnerBench): Check {
  return {
    name,
    async run() {
      const own = bench();
      try {
        await verify(own);
      } finally {
        await own.clear();
      }
    },
  };
}

/** Fails unless two sets of scores agree in columns, sources and every bit. */
export function assertSameScores(actual: Scores, expected: Scores, what: string): void {
  assertEqual(idsOf(actual.classes), idsOf(expected.classes), `${what}: columns`);
  assertSameBits(actual.values, expected.values, `${what}: scores`);
  assertEqual(actual.sources, expected.sources, `${what}: sources`);
  assertEqual(actual.rejected, expected.rejected, `${what}: rejected`);
}

/** The ids of classes. */
export function idsOf(classes: readonly ClassInfo[]): readonly string[] {
  return classes.map(({ id }) => id);
}

/**
 * Makes a learner that has learned the first experience suffer something it must refuse, and fails unless it is as it
 * was: the same classes, scores to the bit, and the same future.
 */
export async function assertUnharmed(
  bench: LearnerBench,
  learner: Learner,
  suffer: () => Promise<void>,
): Promise<void> {
  const before = await bench.scores(learner);
  await suffer();
  assertEqual(learner.experiences, 1, 'experiences learned, afterwards');
  assertEqual(idsOf(learner.classes), idsOf(bench.classes(1)), 'classes seen, afterwards');
  assertSameScores(await bench.scores(learner), before, 'afterwards');
  await learner.learn(bench.experience(1));
  if (!bench.capabilities.deterministic) return;
  const untroubled = await bench.untroubled(2);
  assertSameScores(await bench.scores(learner), untroubled, 'after the next experience');
}
