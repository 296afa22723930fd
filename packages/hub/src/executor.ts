/** Executors: where the trials of a run are carried out. */
import { brand, type Plugin, type PluginDefinition } from './plugin.ts';
import type { WorkOptions } from './progress.ts';

/** Carries out independent jobs. */
export interface Executor {
  /**
   * Runs a job for each input and gives the results in the inputs' order. The first failure stops
   * what has not started and is thrown.
   */
  map<In, Out>(
    inputs: readonly In[],
    job: (input: In, index: number) => Promise<Out>,
    options?: WorkOptions,
  ): Promise<readonly Out[]>;
  dispose(): Promise<void>;
}

/** Makes executors. */
export interface ExecutorPlugin<O extends object = object> extends Plugin<'executor', O> {
  create(options: O): Promise<Executor>;
}

/** Makes an executor plugin. */
export function defineExecutor<O extends object>(
  definition: PluginDefinition<O> & Pick<ExecutorPlugin<O>, 'create'>,
): ExecutorPlugin<O> {
  return brand('executor', definition);
}
