/** The two threads behind a backbone: one decodes and preprocesses, one runs the model. Each starts when it is needed. */
import { ClError } from '@cl/hub';
import { WorkerClient } from './worker-client.ts';
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
  #inference: Promise<WorkerClient> | undefined;
  #preparation: WorkerClient | undefined;
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
    return this.#preparing().call('images', images, transfer);
  }

  /** Tokenises texts. */
  async texts(texts: readonly string[]): Promise<PreparedTexts> {
    return this.#preparing().call('texts', texts);
  }

  /** Runs a tower; gives float32 [N, D]. The buffers of the request go over. */
  async run(request: InferenceRequest): Promise<Float32Array> {
    const transfer = Object.values(request.inputs).map(({ data }) => data.buffer);
    return (await this.#inferring()).call('run', request, transfer);
  }

  /** Waits for what is under way and frees the memory. */
  async close(): Promise<void> {
    this.#closed = true;
    const inference = await this.#inference?.catch(() => undefined); // closed already when loading failed
    await Promise.all([inference?.close(), this.#preparation?.close()]);
  }

  #preparing(): WorkerClient {
    this.#assertOpen();
    this.#preparation ??= new WorkerClient('preparation-worker', this.#data.preparation);
    return this.#preparation;
  }

  async #inferring(): Promise<WorkerClient> {
    this.#assertOpen();
    this.#inference ??= loaded(this.#data.inference);
    return this.#inference;
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw new ClError('DISPOSED', 'backbone: it was disposed of. Load it again to go on.');
  }
}

async function loaded(data: InferenceData): Promise<WorkerClient> {
  const client = new WorkerClient('inference-worker', data);
  try {
    await client.call('load', undefined);
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}
