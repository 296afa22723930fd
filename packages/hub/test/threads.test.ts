import { ClError, isClError } from '@cl/hub';
import { compiledModule, packError, serveThread, ThreadClient, unpackError } from '@cl/hub/node';
import { expect, test } from 'vitest';

const thread = new URL('fixtures/thread.mjs', import.meta.url);
const gone = (cause: Error | undefined): Error =>
  new Error(cause === undefined ? 'closed' : `died: ${cause.message}`);

test('a ClError stays one on its way to another thread, with its causes', () => {
  const error = new ClError('IO_FAILED', 'a: full. Make room.', {
    cause: new RangeError('below', { cause: 'a string' }),
  });
  const arrived = unpackError(structuredClone(packError(error)));
  expect(isClError(arrived)).toBe(true);
  expect(arrived).toMatchObject({
    code: 'IO_FAILED',
    message: 'a: full. Make room.',
    stack: error.stack,
    cause: { name: 'RangeError', message: 'below', cause: { message: 'a string' } },
  });
  expect(isClError(unpackError(packError(new TypeError('no'))))).toBe(false);
});

test('an error that is its own cause can be sent', () => {
  const error = new Error('round');
  error.cause = error;
  expect(unpackError(packError(error)).message).toBe('round');
});

test('a thread answers calls, hands buffers over, posts, and ends when closed', async () => {
  const posts: unknown[] = [];
  const onPost = (message: unknown): void => {
    posts.push(message);
  };
  const client = new ThreadClient(thread, { name: 'test', workerData: 3, onPost, gone });
  const sent = new Float32Array([1, 2]);
  expect(await client.call('times', sent, [sent.buffer])).toEqual(new Float32Array([3, 6]));
  expect(sent.length).toBe(0); // it went over
  await expect(client.call('fail', 'why')).rejects.toMatchObject({
    name: 'ClError',
    code: 'NOT_FOUND',
    message: 'thread: why.',
  });
  await client.close();
  await client.close();
  expect(posts).toEqual(['times', 'closing']);
  await expect(client.call('times', sent)).rejects.toThrow('closed');
});

test('calls to a thread that dies fail with what it died of, those to come too', async () => {
  const client = new ThreadClient(thread, { name: 'test', workerData: 3, gone });
  await expect(client.call('exit', 5)).rejects.toThrow('died: it ended with exit code 5');
  await expect(client.call('exit', 5)).rejects.toThrow('died: it ended with exit code 5');
  await client.close();
});

test('nothing is served in the main thread', () => {
  expect(() => serveThread({}, async () => undefined)).toThrow(
    /this is the main thread.*ThreadClient/u,
  );
});

test('the module of a thread is the compiled one, also when sources run', () => {
  expect(compiledModule('w', 'file:///p/src/a.ts').href).toBe('file:///p/dist/w.js');
  expect(compiledModule('w', 'file:///p/dist/a.js').href).toBe('file:///p/dist/w.js');
});
