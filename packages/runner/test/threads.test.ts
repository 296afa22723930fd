import { availableParallelism } from 'node:os';
import { ClError, type Elsewhere, type Executor } from '@cl/hub';
import { sessionThreads } from '@cl/hub/node';
import { threads } from '@cl/runner';
import { expect, test } from 'vitest';

const module = new URL('fixtures/jobs.mjs', import.meta.url).href;

/** Sends `deed` with the input. */
function elsewhere(deed: string, more: Partial<Elsewhere<number, unknown>> = {}) {
  return {
    module,
    data: deed,
    job: async (value: number, _: number, ask: (message: unknown) => Promise<unknown>) =>
      ask({ value }),
    ...more,
  };
}

const two = (): Promise<Executor> => threads.create({ jobs: 2 });

/** A promise and what settles it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function errorOf(work: Promise<unknown>): Promise<ClError> {
  return work.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error as ClError,
  );
}

test('gives the results in the order of the inputs; this thread takes the last, another the others', async () => {
  const executor = await two();
  const { opened, open } = gate();
  const here: number[] = [];
  const results = await executor.map(
    [1, 2, 3, 4],
    async (value) => {
      here.push(value);
      await opened;
      return -value;
    },
    {
      elsewhere: elsewhere('double', {
        job: async (value, index, ask) => {
          const result = await ask({ value });
          if (index === 0) open(); // nothing is left for this thread
          return result;
        },
      }),
    },
  );
  expect(results).toEqual([2, 4, 6, -4]);
  expect(here).toEqual([4]);
});

test('without a way for other threads it works here, the last input first', async () => {
  const executor = await two();
  const order: number[] = [];
  const results = await executor.map([1, 2, 3], async (value) => {
    order.push(value);
    return value * 10;
  });
  expect(results).toEqual([10, 20, 30]);
  expect(order).toEqual([3, 2, 1]);
  await executor.dispose();
  const error = await errorOf(executor.map([1], async () => 1));
  expect(error.code).toBe('DISPOSED');
  expect(error.message).toContain('used after dispose()');
});

test('each job has its share of the cores, and afterwards this thread has all again', async () => {
  const executor = await two();
  const share = Math.max(1, Math.floor(availableParallelism() / 2));
  const { opened, open } = gate();
  const job = async (): Promise<unknown> => {
    const mine = sessionThreads();
    await opened;
    return mine;
  };
  const onMessage = (message: unknown): void => {
    if (message === 'disposed') open();
  };
  const options = { elsewhere: elsewhere('cores', { onMessage }) };
  expect(await executor.map([0, 0], job, options)).toEqual([share, share]);
  expect(sessionThreads()).toBe(0);
});

test('who is done leaves its cores to those who still work', async () => {
  const executor = await two();
  const { opened, open } = gate();
  const share = Math.max(1, Math.floor(availableParallelism() / 2));
  const [elsewhereCores] = await executor.map([0, 1], () => opened, {
    elsewhere: elsewhere('moreCores', {
      job: async (value, _, ask) => {
        const answer = ask({ value });
        open(); // this thread is done
        return answer;
      },
    }),
  });
  expect(elsewhereCores).toEqual([share, availableParallelism()]);
});

test('a failure elsewhere stops what goes on here and what has not started, and stays the error it was', async () => {
  const executor = await two();
  const started: number[] = [];
  const error = await errorOf(
    executor.map(
      [0, 1, 2, 3],
      async (value, _, signal) => {
        started.push(value);
        await new Promise((resolve) => signal!.addEventListener('abort', resolve));
        throw new ClError('ABORTED', 'here: stopped.');
      },
      {
        elsewhere: elsewhere('fail', {
          job: async (value, _, ask) => {
            started.push(value);
            return ask({ value });
          },
        }),
      },
    ),
  );
  expect(error).toBeInstanceOf(ClError);
  expect([error.code, error.message]).toEqual(['NON_FINITE', 'job: told to fail.']);
  expect(error.cause).toMatchObject({ name: 'RangeError', message: 'below it' });
  expect(started).toEqual([3, 2]);
});

test('a failure here stops what goes on elsewhere', async () => {
  const executor = await two();
  const { opened, open } = gate();
  const posts: unknown[] = [];
  const onMessage = (message: unknown): void => {
    posts.push(message);
    if (message === 'waiting') open();
  };
  const error = await errorOf(
    executor.map(
      [0, 1],
      async () => {
        await opened;
        throw new ClError('INVALID_DATA', 'here: told to fail.');
      },
      { elsewhere: elsewhere('wait', { onMessage }) },
    ),
  );
  expect(error.message).toBe('here: told to fail.');
  expect(posts).toEqual(['ready', 'waiting', 'disposed']);
});

test('an abort reaches the other thread', async () => {
  const executor = await two();
  const controller = new AbortController();
  const { signal } = controller;
  const onMessage = (message: unknown): void => {
    if (message === 'waiting') controller.abort(new Error('Ctrl-C'));
  };
  const here = async (): Promise<void> =>
    new Promise((resolve) =>
      signal.addEventListener('abort', () => {
        resolve();
      }),
    );
  const error = await errorOf(
    executor.map([0, 1], here, { signal, elsewhere: elsewhere('wait', { onMessage }) }),
  );
  expect(error.code).toBe('ABORTED');
  expect(error.cause).toMatchObject({ message: 'Ctrl-C' }); // as the thread's own signal had it
});

test('a thread that dies is told of, with what it died of and what to do', async () => {
  const executor = await two();
  const here = async (_: number, __: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) =>
      signal!.addEventListener('abort', () => {
        resolve();
      }),
    );
  const error = await errorOf(executor.map([0, 1], here, { elsewhere: elsewhere('exit') }));
  expect(error.code).toBe('PLUGIN_FAILED');
  expect(error.message).toContain('the thread at work died: it ended with exit code 7');
  expect(error.message).toContain('--jobs 1');
});

test.each([
  ['file:///nowhere/jobs.mjs', 'does not load in another thread: Cannot find module'],
  [new URL('fixtures/elsewhere.mjs', import.meta.url).href, 'exports no function createJob'],
])('a module that is no job is refused: %s', async (own, message) => {
  const executor = await two();
  const { opened, open } = gate();
  const options = { elsewhere: elsewhere('double', { module: own }) };
  const error = await errorOf(
    executor.map(
      [0, 1],
      async (_, __, signal) => {
        signal!.addEventListener('abort', open);
        await opened;
      },
      options,
    ),
  );
  expect(error.code).toBe('PLUGIN_FAILED');
  expect(error.message).toContain(message);
});
