/** The thread's end of the conversation that `worker-client.ts` starts. */
import { parentPort } from 'node:worker_threads';
import { packError, type Answer, type Call } from './worker-messages.ts';

/** What a handler gives: the result, and the buffers in it to hand over instead of copying. */
export interface Handled {
  readonly result: unknown;
  readonly transfer?: readonly ArrayBuffer[];
}

/** Answers calls until `close`, which runs `close` and lets the thread end. */
export function serve(
  handlers: Readonly<Record<string, (payload: never) => Promise<Handled>>>,
  close: () => Promise<void>,
): void {
  const port = parentPort;
  if (port === null) throw new Error('This file runs in a worker thread.');
  port.on('message', ({ id, method, payload }: Call) => {
    if (method === 'close') {
      void close().finally(() => {
        port.close();
      });
      return;
    }
    const handler = handlers[method];
    if (handler === undefined) return;
    handler(payload as never).then(
      ({ result, transfer = [] }) => {
        port.postMessage({ id, result } satisfies Answer, [...transfer]);
      },
      (error: unknown) => {
        port.postMessage({ id, error: packError(error) } satisfies Answer);
      },
    );
  });
}
