/**
 * The thread that owns onnxruntime's sessions: `session.run` blocks it and nobody else. It works for one owner after the
 * other; `close` ends what it does for one.
 */
import { parentPort, type MessagePort, type Transferable } from 'node:worker_threads';
import { isClError } from '@cl/hub';
import {
  Control,
  type MessageTensors,
  type SentCall,
  type SessionAnswer,
  type SessionCall,
  type StartCall,
} from './session-messages.ts';
import { Sessions } from './sessions.ts';
import { TrainingState } from './training-state.ts';

const sessions = new Sessions();
/** The training of this thread, or why there is none. */
let training: () => TrainingState = closed;
let waited: { readonly port: MessagePort; readonly cells: Int32Array } | undefined;
/** One call after the other, in the order they came. */
let last: Promise<unknown> = Promise.resolve();

parentPort?.on('message', ({ id, waiting, call }: SentCall) => {
  const answered = last.then(() => answer(call));
  last = answered.catch(() => undefined);
  answered.then(
    ({ result, transfer = [] }) => {
      say(waiting, { id, result }, transfer);
      if (call.method === 'end') parentPort?.close();
    },
    (error: unknown) => {
      const code = isClError(error) ? error.code : undefined;
      say(waiting, { id, error: { message: (error as Error).message, code } }, []);
    },
  );
});

function say(waiting: boolean, message: SessionAnswer, transfer: readonly Transferable[]): void {
  if (!waiting || waited === undefined) {
    parentPort?.postMessage(message, transfer);
    return;
  }
  waited.port.postMessage(message, transfer);
  Atomics.store(waited.cells, Control.answered, 1);
  Atomics.notify(waited.cells, Control.answered);
}

interface Answer {
  readonly result?: unknown;
  readonly transfer?: readonly Transferable[];
}

async function answer(call: SessionCall): Promise<Answer> {
  switch (call.method) {
    case 'load':
      await sessions.load(call);
      return {};
    case 'set':
      sessions.set(call.tensors);
      return {};
    case 'run': {
      const result = await sessions.run(call.key, call.feeds);
      return { result, transfer: buffersOf(result) };
    }
    case 'start': {
      const cells = new Int32Array(call.control);
      waited = { port: call.port, cells };
      call.port.unref();
      training = started(call, cells);
      return {};
    }
    case 'step':
      return { result: await training().step(call) };
    case 'read': {
      const result = training().read(call.what);
      const history = Object.values(result.history ?? {}).map(({ data }) => data.buffer);
      const buffers = result.values === undefined ? history : [...history, result.values.buffer];
      return { result, transfer: buffers as ArrayBuffer[] };
    }
    case 'restore':
      return { result: training().restore(call.history) };
    case 'close':
      await sessions.close();
      training = closed;
      waited?.port.close();
      waited = undefined;
      return { result: process.memoryUsage().external };
    case 'end':
      return {};
  }
}

function closed(): never {
  throw new Error('no training was started');
}

function started(call: StartCall, cells: Int32Array): typeof training {
  try {
    const state = new TrainingState(sessions, call, cells);
    return () => state;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function buffersOf(tensors: MessageTensors): ArrayBuffer[] {
  return [...new Set(Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer))];
}
