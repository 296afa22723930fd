/** Every plugin of a run, whoever brought it: checked for its protocol, and put under guard. */
import { assertPlugin, guardPlugin, type Plugin, type PluginKind } from '@cl/hub';
import type { Choice, RunConfig } from './config.ts';

/**
 * The same run with guarded plugins.
 *
 * @throws ClError `UNKNOWN_PLUGIN` for a value that is none, `PROTOCOL_VERSION`.
 */
export function guarded(config: RunConfig): RunConfig {
  const { stream, datasets, learners, metrics, reporters, executor } = config;
  return {
    ...config,
    stream: chosen('stream', stream),
    datasets: datasets.map((one) => chosen('dataset', one)),
    learners: learners.map((one) => chosen('learner', one)),
    ...(metrics && { metrics: metrics.map((one) => checked('metric', one)) }),
    ...(reporters && { reporters: reporters.map((one) => chosen('reporter', one)) }),
    ...(executor && { executor: chosen('executor', executor) }),
  };
}

/** A choice with its plugin under guard. */
export function chosen<K extends PluginKind, C extends Choice<Plugin<K>>>(kind: K, choice: C): C {
  return { ...choice, plugin: checked(kind, choice.plugin) };
}

function checked<K extends PluginKind, P extends Plugin<K>>(kind: K, plugin: P): P {
  assertPlugin(kind, plugin);
  return guardPlugin(plugin);
}
