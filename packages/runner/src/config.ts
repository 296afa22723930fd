/** What a run is made of: live plugins with their options, and the features they share. */
import type {
  Backbone,
  DatasetPlugin,
  ExecutorPlugin,
  FeatureSource,
  ImageRef,
  LearnerPlugin,
  MetricPlugin,
  Plugin,
  ReporterPlugin,
  StreamPlugin,
  TrainableBackbone,
} from '@cl/hub';
import type { CompareConfig } from './compare.ts';

/** A plugin with what the user wants of it; the rest comes from the preset, then from its defaults. */
export interface Choice<P extends Plugin> {
  readonly plugin: P;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly preset?: string | undefined;
}

/** A learner that takes part. */
export interface LearnerChoice extends Choice<LearnerPlugin> {
  /** The name in tables, unique in the run. Default: the plugin's name, with `@preset` where there is one. */
  readonly label?: string | undefined;
}

/** How many classified images of each test set a record shows, where there are so many. */
export interface ExampleCounts {
  readonly right: number;
  readonly wrong: number;
}

/** Where another thread finds a configuration: plugins hold functions, which cannot be sent. */
export interface ConfigElsewhere {
  /** URL of an ES module that exports a {@link Configure} as `configure`. */
  readonly module: string;
  /** Handed to it: a structured clone. */
  readonly data?: unknown;
  /** The stream of a comparison; `compare` sets it. */
  readonly part?: string | undefined;
}

/**
 * Makes a configuration in another thread, the same as the run's own: its learners, seeds, options, data and fingerprint
 * are compared. Features should come from a cache on disk, where the run's own thread has put all of them before.
 */
export type Configure<Data = unknown> = (data: Data) => Promise<Configured>;

/** A configuration, and what frees what it holds. */
export interface Configured {
  readonly config: RunConfig | CompareConfig;
  dispose?(): Promise<void>;
}

/** Everything that `run` needs. */
export interface RunConfig {
  /** Shown as the title of reports. */
  readonly name: string;
  /** The run's own folder, made when missing; usually `runs/<name>`. */
  readonly folder: string;
  /** The exact command, for the record. */
  readonly command?: string | undefined;
  readonly stream: Choice<StreamPlugin>;
  /** At least one. */
  readonly datasets: readonly Choice<DatasetPlugin>[];
  /** At least one. */
  readonly learners: readonly LearnerChoice[];
  /** Non-negative integers, each once; default `[0]`. A seed decides the stream's order and shots and the learner's chance. */
  readonly seeds?: readonly number[] | undefined;
  /** Who made the features: kept in the record, asked for its capabilities. The caller disposes it. */
  readonly backbone: Pick<Backbone, 'id' | 'fingerprint' | 'capabilities' | 'device' | 'dtype'>;
  /** The same backbone opened, for learners that need `graph`. */
  readonly trainable?: TrainableBackbone | undefined;
  /** Remembered features: a test set is read again after every experience. */
  readonly features: FeatureSource;
  readonly metrics?: readonly MetricPlugin[] | undefined;
  readonly reporters?: readonly Choice<ReporterPlugin>[] | undefined;
  /** Default: {@link inline}. */
  readonly executor?: Choice<ExecutorPlugin> | undefined;
  /** How other threads come by this configuration; without it executors have this thread alone. */
  readonly elsewhere?: ConfigElsewhere | undefined;
  /** Keep the `last` saved learner of a trial (default), or `all`, one an experience. */
  readonly keep?: 'last' | 'all' | undefined;
  /** Go on without images that cannot be decoded; else the run refuses to start and lists them. */
  readonly skipBroken?: boolean | undefined;
  /**
   * When the folder holds a run already. `resume` (default): go on where one of the same configuration stopped,
   * or return its record when it is finished; `extend`: the same, and trials of other learners and seeds than before
   * join those that are there; `restart-finished`: as `resume`, but start over when it is finished, of whatever
   * configuration; `replace`: start over in any case.
   */
  readonly existing?: 'resume' | 'extend' | 'restart-finished' | 'replace' | undefined;
  /** Default: 3 right, 3 wrong. */
  readonly examples?: ExampleCounts | undefined;
  /** Small picture as a `data:` URI. Default: 48 pixels, through `@cl/images`. */
  readonly thumbnail?: ((image: ImageRef) => Promise<string>) | undefined;
  /** Versions of the packages that take part, for the record. */
  readonly packages?: Readonly<Record<string, string>> | undefined;
}
