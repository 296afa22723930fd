/** onnxruntime sessions that multiply matrices: one a graph, made when first needed. */
import { sessionThreads } from '@cl/hub/node';
import { InferenceSession } from 'onnxruntime-node';

const sessions = new Map<string, Promise<InferenceSession>>();
let threads = 0;

/** The session under a key, of the model that `build` gives the first time: dimensions are known when it runs. */
export function sessionOf(key: string, build: () => Uint8Array): Promise<InferenceSession> {
  const intraOpNumThreads = threads || sessionThreads();
  const ownKey = `${intraOpNumThreads} ${key}`;
  let session = sessions.get(ownKey);
  if (session === undefined) {
    session = InferenceSession.create(build(), {
      intraOpNumThreads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // Threads that spin between products take cores from whoever else computes. On two busy cores a product of
      // 128 × 128 × 128 took 0.6 ms without and 1.3 ms with spinning; large ones do not care.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    sessions.set(ownKey, session);
  }
  return session;
}

/**
 * Sets how many threads the products use and releases the sessions that use another number.
 *
 * @param count - 0: what `sessionThreads` of `@cl/hub/node` says, which is what they start with; as many as there are
 * cores where it says nothing.
 */
export async function setThreads(count: number): Promise<void> {
  threads = count;
  await releaseSessions();
}

/** Frees the sessions and their threads. The next product makes them anew. Not to be called while work runs. */
export async function releaseSessions(): Promise<void> {
  const open = [...sessions.values()];
  sessions.clear();
  for (const session of open) await (await session).release();
}
