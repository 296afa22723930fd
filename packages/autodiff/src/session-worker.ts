/** The thread that owns onnxruntime's sessions: `session.run` blocks it and nobody else. */
import { parentPort } from 'node:worker_threads';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { MessageTensor, SessionAnswer, SessionCall } from './session-messages.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1'; // read when the library loads
const ort = await import('onnxruntime-node');
const sessions = new Map<string, InferenceSession>();
/** Inputs that were set once for all runs. */
const kept = new Map<string, Tensor>();
/** One call after the other, in the order they came. */
let last: Promise<unknown> = Promise.resolve();

parentPort?.on('message', (call: SessionCall) => {
  const answered = last.then(() => answer(call));
  last = answered.catch(() => undefined);
  answered.then(
    (results) => {
      const buffers = new Set(Object.values(results).map(({ data }) => data.buffer as ArrayBuffer));
      parentPort?.postMessage({ id: call.id, results } satisfies SessionAnswer, [...buffers]);
      if (call.method === 'close') parentPort?.close();
    },
    (error: unknown) => {
      parentPort?.postMessage({
        id: call.id,
        error: (error as Error).message,
      } satisfies SessionAnswer);
    },
  );
});

async function answer(call: SessionCall): Promise<Record<string, MessageTensor>> {
  if (call.method === 'load') {
    const session = await ort.InferenceSession.create(call.model, {
      intraOpNumThreads: call.threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    sessions.set(call.key, session);
    return {};
  }
  if (call.method === 'set') {
    for (const [name, tensor] of Object.entries(call.tensors)) kept.set(name, native(tensor));
    return {};
  }
  if (call.method === 'run') {
    const session = sessions.get(call.key)!;
    const feeds = session.inputNames.map((name): [string, Tensor] => {
      const tensor = call.feeds[name];
      return [name, tensor === undefined ? kept.get(name)! : native(tensor)];
    });
    const results = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => [
        name,
        { dtype: type, dims, data: data as MessageTensor['data'] },
      ]),
    );
  }
  for (const session of sessions.values()) await session.release();
  sessions.clear();
  kept.clear();
  return {};
}

function native({ dtype, data, dims }: MessageTensor): Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, dims);
}
