/**
 * Plugins of others, watched. A guarded plugin behaves as the plugin does, but whatever it throws or returns that
 * the protocol does not allow becomes an error that names it, where it happens, instead of a strange number later.
 */
import type { Backbone, BackbonePlugin } from '../backbone.ts';
import type { DatasetPlugin, StreamPlugin } from '../dataset.ts';
import type { Executor, ExecutorPlugin } from '../executor.ts';
import type { LearnerCapabilities, LearnerPlugin } from '../learner.ts';
import type { MetricPlugin } from '../metric.ts';
import type { AnyPlugin } from '../registry.ts';
import type { ReporterPlugin } from '../reporter.ts';
import type { Matrix } from '../tensor.ts';
import { brokenPromise, callPlugin, callPluginNow, hasMethods, shown } from './broken-promise.ts';
import { guardDataset, guardStream } from './guard-data.ts';
import { guardLearner } from './guard-learner.ts';

/** What is under guard already: a second guard would only look twice. */
const guarded = new WeakSet<AnyPlugin>();

/**
 * The same plugin under guard; one that is guarded already as it is.
 *
 * @returns a plugin whose calls throw ClError `PLUGIN_FAILED` where the plugin throws anything but a `ClError`, or returns
 * another shape than the protocol's.
 */
export function guardPlugin<P extends AnyPlugin>(plugin: P): P {
  const guard = guards[plugin['~cl'].kind];
  if (guard === undefined || guarded.has(plugin)) return plugin;
  const watched = { ...plugin, ...guard(plugin as never) };
  guarded.add(watched);
  return watched;
}

const guards: Readonly<Record<string, (plugin: never) => object>> = {
  learner: (plugin: LearnerPlugin): Partial<LearnerPlugin> => ({
    capabilities(options) {
      const promises: unknown = callNow(plugin, 'capabilities()', () =>
        plugin.capabilities(options),
      );
      if (typeof promises === 'object' && promises !== null) return promises as LearnerCapabilities;
      throw brokenPromise(plugin, 'capabilities()', shown(promises), 'an object of promises');
    },
    create: async (...given) =>
      guardLearner(
        plugin,
        'create()',
        await call(plugin, 'create()', () => plugin.create(...given)),
      ),
    restore: async (...given) =>
      guardLearner(
        plugin,
        'restore()',
        await call(plugin, 'restore()', () => plugin.restore(...given)),
      ),
  }),
  backbone: (plugin: BackbonePlugin): Partial<BackbonePlugin> => ({
    create: async (...given) =>
      guardBackbone(plugin, await call(plugin, 'create()', () => plugin.create(...given))),
  }),
  dataset: (plugin: DatasetPlugin): Partial<DatasetPlugin> => ({
    create: async (...given) =>
      guardDataset(plugin, await call(plugin, 'create()', () => plugin.create(...given))),
  }),
  stream: (plugin: StreamPlugin): Partial<StreamPlugin> => ({
    create: async (...given) =>
      guardStream(plugin, await call(plugin, 'create()', () => plugin.create(...given))),
  }),
  executor: (plugin: ExecutorPlugin): Partial<ExecutorPlugin> => ({
    create: async (...given) =>
      guardExecutor(plugin, await call(plugin, 'create()', () => plugin.create(...given))),
  }),
  metric: (plugin: MetricPlugin): Partial<MetricPlugin> => ({
    compute(input) {
      const value = callNow<unknown>(plugin, 'compute()', () => plugin.compute(input));
      if (value === undefined || Number.isFinite(value)) return value as number | undefined;
      throw brokenPromise(plugin, 'compute()', shown(value), 'a finite number or undefined');
    },
  }),
  reporter: (plugin: ReporterPlugin): Partial<ReporterPlugin> => ({
    render: async (...given) => {
      const files = await call(plugin, 'render()', () => plugin.render(...given));
      const contents =
        typeof files === 'object' ? Object.entries(files) : [['', undefined] as const];
      for (const [name, content] of contents) {
        if (typeof content === 'string' || content instanceof Uint8Array) continue;
        const found = name === '' ? shown(files) : `${shown(content)} for file "${name}"`;
        throw brokenPromise(plugin, 'render()', found, 'text or bytes for each file name');
      }
      return files;
    },
  }),
};

const call = callPlugin;
const callNow = callPluginNow;

/** What a job throws is the job's, so only results are looked at. */
function guardExecutor(plugin: ExecutorPlugin, value: unknown): Executor {
  if (!hasMethods(value, ['map', 'dispose'])) {
    throw brokenPromise(plugin, 'create()', shown(value), 'an Executor with map and dispose');
  }
  const executor = value as Executor;
  return {
    ...(executor.concurrency !== undefined && { concurrency: executor.concurrency }),
    async map(inputs, job, options) {
      const results = await executor.map(inputs, job, options);
      if (isListOf(inputs.length, results)) return results;
      throw brokenPromise(plugin, 'map()', shown(results), `an array of ${inputs.length} results`);
    },
    dispose: () => call(plugin, 'dispose()', () => executor.dispose()),
  };
}

function isListOf(length: number, value: unknown): boolean {
  return Array.isArray(value) && value.length === length;
}

function guardBackbone(plugin: BackbonePlugin, value: unknown): Backbone {
  const backbone = value as Backbone;
  if (
    !hasMethods(value, ['embedImages', 'dispose']) ||
    !Number.isInteger(backbone.featureDim) ||
    typeof backbone.fingerprint !== 'string'
  ) {
    const expected = 'a Backbone with fingerprint, featureDim, embedImages, dispose';
    throw brokenPromise(plugin, 'create()', shown(value), expected);
  }
  const checked = async (
    name: string,
    count: number,
    work: () => Promise<Matrix<Float32Array>>,
  ): Promise<Matrix<Float32Array>> => {
    const features = (await call(plugin, name, work)) as Matrix<Float32Array> | undefined;
    const [rows, cols] = [count, backbone.featureDim];
    if (
      (features?.data as unknown) instanceof Float32Array &&
      features?.rows === rows &&
      features.cols === cols &&
      features.data.length === rows * cols
    ) {
      return features;
    }
    const found =
      (features?.data as unknown) === undefined
        ? shown(features)
        : `[${features!.rows}, ${features!.cols}] in ${shown(features!.data)}`;
    throw brokenPromise(plugin, name, found, `[${rows}, ${cols}] in a Float32Array`);
  };
  const { id, fingerprint, capabilities, device, dtype, imageSize, featureDim, logitScale } =
    backbone;
  return {
    ...{ id, fingerprint, capabilities, device, dtype, imageSize, featureDim },
    ...(logitScale !== undefined && { logitScale }),
    embedImages: (images, work) =>
      checked('embedImages()', images.length, () => backbone.embedImages(images, work)),
    ...(hasMethods(backbone, ['embedTexts']) && {
      embedTexts: (texts, work) =>
        checked('embedTexts()', texts.length, () => backbone.embedTexts!(texts, work)),
    }),
    ...(hasMethods(backbone, ['graph', 'pixels']) && {
      graph: () => call(plugin, 'graph()', () => backbone.graph!()),
      pixels: (images, options) =>
        call(plugin, 'pixels()', () => backbone.pixels!(images, options)),
    }),
    dispose: () => call(plugin, 'dispose()', () => backbone.dispose()),
  } satisfies Backbone;
}
