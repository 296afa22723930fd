/** Datasets, and the streams of experiences that are cut from them. */
import type { ClassInfo } from './classes.ts';
import type { Sample, ScenarioName, Stream } from './experience.ts';
import { brand, type Plugin, type PluginDefinition } from './plugin.ts';
import type { WorkOptions } from './progress.ts';
import type { Random } from './random.ts';

/** Labelled images, split into training and test samples. */
export interface Dataset {
  readonly name: string;
  /** In the dataset's own order. Classes that carry a `domain` make it a dataset of several domains. */
  readonly classes: readonly ClassInfo[];
  readonly train: readonly Sample[];
  readonly test: readonly Sample[];
  /** SPDX expression or a sentence. */
  readonly license?: string;
  readonly citation?: string;
}

/** Makes datasets. */
export interface DatasetPlugin<O extends object = object> extends Plugin<'dataset', O> {
  /** Lists samples; decodes no image. */
  create(options: O, work?: WorkOptions): Promise<Dataset>;
}

/** Makes a dataset plugin. */
export function defineDataset<O extends object>(
  definition: PluginDefinition<O> & Pick<DatasetPlugin<O>, 'create'>,
): DatasetPlugin<O> {
  return brand('dataset', definition);
}

/** What a stream is cut from. */
export interface StreamContext {
  /** At least one. */
  readonly datasets: readonly Dataset[];
  /** For class orders and for the choice of shots. */
  readonly random: Random;
}

/** Cuts datasets into streams. */
export interface StreamPlugin<O extends object = object> extends Plugin<'stream', O> {
  readonly scenario: ScenarioName;
  /** Pure: the same datasets, options and random state give the same stream. */
  create(options: O, context: StreamContext): Promise<Stream>;
}

/** Makes a stream plugin. */
export function defineStream<O extends object>(
  definition: PluginDefinition<O> & Pick<StreamPlugin<O>, 'scenario' | 'create'>,
): StreamPlugin<O> {
  return brand('stream', definition);
}
