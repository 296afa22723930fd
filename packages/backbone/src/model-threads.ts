/** The two threads behind a backbone: one decodes and preprocesses, one runs the model. Each starts when it is needed. */
import { ClError, isClError, type ClErrorCode } from '@cl/hub';
import { compiledModule, ThreadClient } from '@cl/hub/node';
import type {
  InferenceData,
  InferenceRequest,
  PreparationData,
  PreparedImages,
  PreparedTexts,
  SentImage,
} from './worker-messages.ts';

/** Threads of one model. */
export class ModelThreads {
  readonly #data: { readonly inference: InferenceData; readonly preparation: PreparationData };
  #inference: Promise<ThreadClient> | undefined;
  #preparation: ThreadClient | undefined;
  #closed = false;

  /** Starts nothing yet. */
  constructor(inference: InferenceData, preparation: PreparationData) {
    this.#data = { inference, preparation };
  }

  /**
   * Starts both and waits until the model is loaded.
   *
   * @throws ClError `INVALID_MODEL`; `DISPOSED` after {@link ModelThreads.close}.
   */
  async start(): Promise<void> {
    this.#preparing();
    await this.#inferring();
  }

  /** Decodes and preprocesses images; `transfer` lists buffers that the thread takes over. */
  async images(images: readonly SentImage[], transfer: ArrayBuffer[]): Promise<PreparedImages> {
    return call(this.#preparing(), 'images', images, transfer);
  }

  /** Tokenises texts. */
  async texts(texts: readonly string[]): Promise<PreparedTexts> {
    return call(this.#preparing(), 'texts', texts);
  }

  /** Runs a tower; gives float32 [N, D]. The buffers of the request go over. */
  async run(request: InferenceRequest): Promise<Float32Array> {
    const transfer = Object.values(request.inputs).map(({ data }) => data.buffer);
    return call(await this.#inferring(), 'run', request, transfer);
  }

  /** Waits for what is under way and frees the memory. */
  async close(): Promise<void> {
    this.#closed = true;
    const inference = await this.#inference?.catch(() => undefined); // closed already when loading failed
    await Promise.all([inference?.close(), this.#preparation?.close()]);
  }

  #preparing(): ThreadClient {
    this.#assertOpen();
    this.#preparation ??= startThread('preparation-worker', this.#data.preparation);
    return this.#preparation;
  }

  async #inferring(): Promise<ThreadClient> {
    this.#assertOpen();
    this.#inference ??= loaded(this.#data.inference);
    return this.#inference;
  }

  #assertOpen(): void {
    if (this.#closed) throw gone(undefined);
  }
}

async function loaded(data: InferenceData): Promise<ThreadClient> {
  const thread = startThread('inference-worker', data);
  try {
    await call(thread, 'load', undefined);
    return thread;
  } catch (error) {
    await thread.close();
    throw error;
  }
}

/** Starts a thread of one of the compiled workers here. */
export function startThread(
  script: 'inference-worker' | 'preparation-worker',
  workerData: InferenceData | PreparationData,
): ThreadClient {
  const module = compiledModule(script, import.meta.url);
  return new ThreadClient(module, { name: `cl ${script}`, workerData, gone });
}

function gone(cause: Error | undefined): ClError {
  if (cause === undefined) {
    return new ClError('DISPOSED', 'backbone: it was disposed of. Load it again to go on.');
  }
  return new ClError(
    'NOT_SUPPORTED',
    `backbone: a worker thread died: ${cause.message}. Load it again.`,
    { cause },
  );
}

async function call<T>(
  thread: ThreadClient,
  method: string,
  payload: unknown,
  transfer: ArrayBuffer[] = [],
): Promise<T> {
  try {
    return await thread.call<T>(method, payload, transfer);
  } catch (error) {
    throw asClError(error as Error, 'INVALID_MODEL', `backbone: ${method} failed`);
  }
}

/** A ClError as it is; anything else becomes the cause of one. */
export function asClError(error: Error, code: ClErrorCode, where: string): ClError {
  if (isClError(error)) return error;
  return new ClError(code, `${where}: ${error.message}`, { cause: error });
}
