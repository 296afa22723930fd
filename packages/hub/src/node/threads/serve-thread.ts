/** The thread's end of the conversation that a `ThreadClient` starts. */
import { parentPort } from 'node:worker_threads';
import { ClError } from '../../errors.ts';
import { packError } from './sent-error.ts';
import { closeMethod, type Call, type FromThread } from './thread-messages.ts';

/** What a method gives: the result, and the buffers in it to hand over instead of copying. */
export interface Handled {
  readonly result?: unknown;
  readonly transfer?: readonly ArrayBuffer[];
}

/** Methods by name; calls overlap unless a method makes them wait. */
export type ThreadMethods = Readonly<Record<string, (payload: never) => Promise<Handled>>>;

/**
 * Answers calls until the client closes; then runs `close` and lets the thread end.
 *
 * @returns sends a post, which the client's `onPost` hears before the answers that come after it.
 * @throws ClError `NOT_SUPPORTED` in a thread that nobody started.
 */
export function serveThread(
  methods: ThreadMethods,
  close: () => Promise<void>,
): (message: unknown) => void {
  const port = parentPort;
  if (port === null) {
    throw new ClError(
      'NOT_SUPPORTED',
      'serveThread: this is the main thread, expected one that a ThreadClient started. Start it with new ThreadClient().',
    );
  }
  const say = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void => {
    port.postMessage(message, transfer);
  };
  port.on('message', ({ id, method, payload }: Call) => {
    if (method === closeMethod) {
      void close().finally(() => {
        port.close();
      });
      return;
    }
    const answered = methods[method]?.(payload as never);
    answered?.then(
      ({ result, transfer }) => {
        say({ id, result }, transfer);
      },
      (error: unknown) => {
        say({ id, error: packError(error) });
      },
    );
  });
  return (post) => {
    say({ post });
  };
}
