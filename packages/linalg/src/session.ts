/** onnxruntime sessions that multiply matrices: one a variant, made when first needed. */
import { GraphBuilder, writeModel } from '@cl/onnx';
import { InferenceSession } from 'onnxruntime-node';
import type { RealType } from './real.ts';

/** What a product does to its target C, given P = op(A)·op(B). */
export type Effect = 'set' | 'add' | 'subtract';

/** What tells one session from another. */
export interface Variant {
  readonly dtype: RealType;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly effect: Effect;
}

const sessions = new Map<string, Promise<InferenceSession>>();
let threads = 0;

/** The session of a variant: a graph of one `Gemm` whose dimensions are known when it runs. */
export function sessionOf(variant: Variant): Promise<InferenceSession> {
  const { dtype, transposeA, transposeB, effect } = variant;
  const key = [dtype, transposeA, transposeB, effect].join();
  let session = sessions.get(key);
  if (session === undefined) {
    session = InferenceSession.create(gemmModel(variant), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // Threads that spin between products take cores from whoever else computes. On two busy cores a product of
      // 128 × 128 × 128 took 0.6 ms without and 1.3 ms with spinning; large ones do not care.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    sessions.set(key, session);
  }
  return session;
}

/** Y = ±op(A)·op(B) + C, without C when the effect is `set`. */
function gemmModel({ dtype, transposeA, transposeB, effect }: Variant): Uint8Array {
  const graph = new GraphBuilder({ name: 'gemm' });
  const inputs = [
    graph.input('a', dtype, transposeA ? ['k', 'm'] : ['m', 'k']),
    graph.input('b', dtype, transposeB ? ['n', 'k'] : ['k', 'n']),
  ];
  if (effect !== 'set') inputs.push(graph.input('c', dtype, ['m', 'n']));
  const attributes = {
    transA: transposeA ? 1n : 0n,
    transB: transposeB ? 1n : 0n,
    alpha: effect === 'subtract' ? -1 : 1,
    beta: 1,
  };
  graph.output(graph.node('Gemm', inputs, attributes, { outputs: ['y'] }), dtype, ['m', 'n']);
  return writeModel(graph.build());
}

/**
 * Sets how many threads the products use and releases the sessions that use another number.
 *
 * @param count - 0: as many as there are cores, which is what they start with.
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
