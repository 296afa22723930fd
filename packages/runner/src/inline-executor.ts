/** The executor that runs trials one after another in this process. */
import {
  ClError,
  defineExecutor,
  throwIfAborted,
  type Executor,
  type ExecutorPlugin,
  type Job,
  type MapOptions,
} from '@cl/hub';
import { z } from 'zod';

/** One trial at a time, in order: the numerical work inside a trial uses all cores already. */
export const inline: ExecutorPlugin = defineExecutor<object>({
  name: 'inline',
  description: 'One trial after another in this process.',
  defaults: {},
  help: {},
  schema: z.object({}),
  async create() {
    return new InlineExecutor();
  },
});

class InlineExecutor implements Executor {
  #disposed = false;

  async map<In, Out>(
    inputs: readonly In[],
    job: Job<In, Out>,
    { signal, onProgress }: MapOptions<In, Out> = {},
  ): Promise<readonly Out[]> {
    if (this.#disposed) {
      throw new ClError('DISPOSED', 'executor "inline": used after dispose(). Create another.');
    }
    const results: Out[] = [];
    for (const [index, input] of inputs.entries()) {
      throwIfAborted('executor "inline"', signal);
      results.push(await job(input, index, signal));
      onProgress?.({ phase: 'trials', done: index + 1, total: inputs.length });
    }
    return results;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }
}
