/** Forward runs: images to embeddings, embeddings to features, without prompts and with them. */
import { createEvaluator, type Evaluator } from '@cl/autodiff/node';
import type { ImageRef, Matrix, Tensor, TrainableBackbone, WorkOptions } from '@cl/hub';
import { evaluateInBatches, rememberedSource, tensorSource, type BatchSource } from '@cl/training';
import { embeddingName } from './cut.ts';
import { poolTensors, sizesOf, type Pool } from './pools.ts';
import { codedName, queryName, type PromptedModel } from './prompted-model.ts';

/** What prompts make of some images. */
export interface Encoded {
  /** z [N, D]. */
  readonly features: Matrix<Float32Array>;
  /** The entry that each layer chose for each image. */
  readonly selected: readonly Int32Array[];
}

/** Most rows of one run. */
const batchSize = 32;

/** Runs one model with any pools. Calls may overlap: those with pools take turns. */
export class Encoder {
  readonly #model: PromptedModel;
  readonly #backbone: TrainableBackbone;
  readonly #threads: number;
  #stem: Evaluator | undefined;
  #body: Evaluator | undefined;
  #prompted: { readonly evaluator: Evaluator; readonly sizes: string } | undefined;
  #pools: readonly Pool[] | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** Nothing is compiled before the first call. */
  constructor(model: PromptedModel, backbone: TrainableBackbone, threads: number) {
    this.#model = model;
    this.#backbone = backbone;
    this.#threads = threads;
  }

  /**
   * Embeddings of images as they are, float32 [N, …]: the part of the backbone before the first prompt. Those that fit into
   * `memoryBytes` are computed once only.
   */
  embeddings(images: readonly ImageRef[], memoryBytes: number): BatchSource {
    return rememberedSource({
      count: images.length,
      memoryBytes,
      compute: async (rows, work = {}) => {
        const wanted = rows.map((row) => images[row]!);
        const pixels = await this.#backbone.pixels(wanted, { signal: work.signal });
        return this.embedPixels(pixels, work);
      },
    });
  }

  /** Embeddings of pixels [N, 3, S, S]. */
  async embedPixels(pixels: Tensor, work: WorkOptions): Promise<Tensor<'float32'>> {
    this.#stem ??= createEvaluator({
      graph: (rows) => this.#model.stem(rows),
      outputs: [embeddingName],
      threads: this.#threads,
    });
    return filledRun(this.#stem, 'pixels', pixels, embeddingName, work);
  }

  /** Features without prompts [N, Dq]: queries, where they are not known already. */
  async query(embeddings: Tensor, work: WorkOptions): Promise<Tensor<'float32'>> {
    this.#body ??= createEvaluator({
      graph: (rows) => this.#model.body(rows),
      outputs: ['features'],
      threads: this.#threads,
    });
    return filledRun(this.#body, embeddingName, embeddings, 'features', work);
  }

  /** Features and choices with these pools, of embeddings whose queries are known. */
  async encode(
    embeddings: BatchSource,
    query: Tensor,
    pools: readonly Pool[],
    work: WorkOptions,
  ): Promise<Encoded> {
    const run = async (): Promise<Encoded> => {
      const evaluator = await this.#with(pools);
      const inputs = { [embeddingName]: embeddings, [queryName]: tensorSource(query) };
      const onProgress = work.onProgress && {
        onProgress: (progress: Parameters<typeof work.onProgress>[0]) =>
          work.onProgress?.({ ...progress, phase: 'prompted features' }),
      };
      const coded = await evaluateInBatches(
        evaluator,
        { inputs, output: codedName, batchSize },
        { signal: work.signal, ...onProgress },
      );
      return decoded(coded, this.#model.featureDim, pools.length);
    };
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Frees threads; safe to call twice. */
  async dispose(): Promise<void> {
    for (const evaluator of [this.#stem, this.#body, this.#prompted?.evaluator]) {
      await evaluator?.dispose();
    }
  }

  /** The evaluator with these pools as its parameters: another one only where their sizes differ. */
  async #with(pools: readonly Pool[]): Promise<Evaluator> {
    const sizes = sizesOf(pools);
    const key = JSON.stringify(sizes);
    const parameters = poolTensors(pools);
    if (this.#prompted?.sizes !== key) {
      await this.#prompted?.evaluator.dispose();
      const graph = (rows: number): ReturnType<PromptedModel['prompted']> =>
        this.#model.prompted(rows, sizes);
      const options = { graph, outputs: [codedName], parameters, threads: this.#threads };
      this.#prompted = { evaluator: createEvaluator(options), sizes: key };
    } else if (this.#pools !== pools) this.#prompted.evaluator.set(parameters);
    this.#pools = pools;
    return this.#prompted.evaluator;
  }
}

/** Runs rows of one input, filled up with zeros to a power of two so that few graphs are compiled. */
async function filledRun(
  evaluator: Evaluator,
  input: string,
  { dims, data }: Tensor,
  output: string,
  { signal }: WorkOptions,
): Promise<Tensor<'float32'>> {
  const rows = dims[0]!;
  const filled = rows > batchSize ? rows : 2 ** Math.ceil(Math.log2(rows));
  const whole = new Float32Array((data.length / rows) * filled);
  whole.set(data as Float32Array);
  const feeds = { [input]: { dtype: 'float32' as const, dims: dims.with(0, filled), data: whole } };
  const result = (await evaluator.run({ rows: filled, feeds }, { signal }))[output]!;
  const width = result.data.length / filled;
  return {
    dtype: 'float32',
    dims: result.dims.with(0, rows),
    data: (result.data as Float32Array).subarray(0, rows * width),
  };
}

/** Rows of features followed by the numbers of the entries chosen. */
function decoded(
  { rows, cols, data }: Matrix<Float32Array>,
  width: number,
  layers: number,
): Encoded {
  const features = new Float32Array(rows * width);
  const selected = Array.from({ length: layers }, () => new Int32Array(rows));
  for (let i = 0; i < rows; i += 1) {
    features.set(data.subarray(i * cols, i * cols + width), i * width);
    for (let l = 0; l < layers; l += 1) selected[l]![i] = data[i * cols + width + l]!;
  }
  return { features: { rows, cols: width, data: features }, selected };
}
