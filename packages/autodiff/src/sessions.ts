/** onnxruntime's sessions by key, and the inputs that stay from run to run. In the session thread only. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { LoadCall, MessageTensor, MessageTensors } from './session-messages.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1'; // read when the library loads
const ort = await import('onnxruntime-node');

/** Sessions at work. */
export class Sessions {
  readonly #sessions = new Map<string, InferenceSession>();
  readonly #kept = new Map<string, Tensor>();

  async load({ key, model, threads, device }: LoadCall): Promise<void> {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // A step that ran half on the CPU would copy every activation to and fro: better told than slow.
      ...(device === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
    });
    this.#sessions.set(key, session);
  }

  /** Keeps inputs, whose memory is read at each run. */
  set(tensors: MessageTensors): void {
    for (const [name, tensor] of Object.entries(tensors)) this.#kept.set(name, native(tensor));
  }

  /** Runs a session; inputs that are not fed are those that were kept. */
  async run(key: string, fed: MessageTensors): Promise<MessageTensors> {
    const session = this.#sessions.get(key)!;
    const feeds = session.inputNames.map((name): [string, Tensor] => {
      const tensor = fed[name];
      return [name, tensor === undefined ? this.#kept.get(name)! : native(tensor)];
    });
    const results = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => [
        name,
        { dtype: type, dims, data: data as MessageTensor['data'] },
      ]),
    );
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await session.release();
    this.#sessions.clear();
    this.#kept.clear();
  }
}

function native({ dtype, data, dims }: MessageTensor): Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, dims);
}
