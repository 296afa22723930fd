/** `cl.config.ts`: a run as TypeScript, with plugins of one's own. */
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AnyPlugin, DatasetPlugin, ReporterPlugin, StreamPlugin } from '@cl/hub';
import type { Choice, LearnerChoice } from '@cl/runner';
import { nearest } from '@cl/hub';
import { usageError } from './usage-error.ts';

/**
 * What a configuration file may say. Plugins are given by name, as on the command line, or as values. Flags overrule
 * it.
 */
export interface ClConfig {
  /** What this is, in a sentence: `cl list recipes` shows it. */
  readonly description?: string;
  /** What was published under these settings; shown below the result. */
  readonly published?: string;
  /** The same with changes, for recipes: `cl run <recipe>@<variant>`. */
  readonly variants?: Readonly<Record<string, ClConfig>>;
  /** A whole run to start from. */
  readonly preset?: string;
  readonly name?: string;
  /** Folder of the runs; default `runs`. */
  readonly out?: string;
  readonly stream?: string | Choice<StreamPlugin>;
  /** The streams of a comparison. */
  readonly streams?: readonly (string | Choice<StreamPlugin>)[];
  readonly datasets?: readonly (string | Choice<DatasetPlugin>)[];
  /** A name, a Hub id or a folder. */
  readonly backbone?: string;
  readonly learners?: readonly (string | LearnerChoice)[];
  /** A learner once for each value of an option: `rail.ridge=0.1,1,10`. */
  readonly sweep?: string;
  readonly seeds?: readonly number[];
  readonly keep?: 'last' | 'all';
  readonly skipBroken?: boolean;
  /** Trials that go on at a time, each with its share of the cores and memory of its own; default 1. */
  readonly jobs?: number;
  /** Folder for models and features. */
  readonly cacheDir?: string;
  /** Of packages and files, beside those of the toolkit and of `plugins`. */
  readonly metrics?: readonly string[];
  /** Beside the report page. */
  readonly reporters?: readonly (string | Choice<ReporterPlugin>)[];
  /** Plugins that names may stand for, besides those of the toolkit: values, or packages and files that bring some. */
  readonly plugins?: readonly (string | AnyPlugin)[];
}

const keys: Readonly<Record<keyof ClConfig, true>> = {
  description: true,
  published: true,
  variants: true,
  preset: true,
  name: true,
  out: true,
  stream: true,
  streams: true,
  datasets: true,
  backbone: true,
  learners: true,
  sweep: true,
  seeds: true,
  keep: true,
  skipBroken: true,
  jobs: true,
  cacheDir: true,
  metrics: true,
  reporters: true,
  plugins: true,
};

/** Types a configuration; gives it back as it is. */
export function defineConfig(config: ClConfig): ClConfig {
  return config;
}

/**
 * Loads the configuration file: the one that is named, else `cl.config.{ts,js,mts,mjs,cts,cjs}` of this folder, else nothing.
 *
 * @throws ClError `INVALID_CONFIG` when it is missing, does not load, or holds an unknown key.
 */
export async function loadClConfig(file: string | undefined): Promise<ClConfig> {
  if (file !== undefined && !existsSync(file)) {
    throw usageError(`cl run: configuration file ${resolve(file)} does not exist. Check --config.`);
  }
  const found = readdirSync('.').some((name) => /^cl\.config\.[cm]?[jt]s$/u.test(name));
  if (file === undefined && !found) return {};
  try {
    const { loadConfig } = await import('c12'); // brings a compiler: only when there is something to load
    const { config } = await loadConfig<ClConfig & Record<string, unknown>>({
      name: 'cl',
      ...(file === undefined ? {} : { configFile: resolve(file) }),
      rcFile: false,
      globalRc: false,
      dotenv: false,
      packageJson: false,
      extend: false,
      giget: false,
      envName: false,
      // The library's own merger copies objects deeply; plugins must stay the values they are.
      merger: (...sources) => sources.find((source) => source != null) ?? {},
    });
    const unknown = Object.keys(config).find((key) => !(key in keys));
    if (unknown === undefined) return config;
    const names = Object.keys(keys);
    throw usageError(
      `cl.config: no key "${unknown}"${nearest(unknown, names)} Keys: ${names.join(', ')}.`,
    );
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'ClError') throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`cl run: the configuration file does not load: ${reason}`);
  }
}
