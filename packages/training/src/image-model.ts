/** Backbones opened for training: their image tower as a graph of any batch size, with chosen weights as inputs. */
import { Emitter, parameterize } from '@cl/autodiff';
import { ClError, isClError, type ImageGraph, type Tensor, type TrainableBackbone } from '@cl/hub';
import {
  attentionSites,
  dropUnreadTokens,
  modelFromGraph,
  simplify,
  writeModel,
  type OnnxGraph,
  type OnnxTensor,
} from '@cl/onnx';
import {
  featuresName,
  pixelsName,
  readImageGraph,
  standardNames,
  tokensName,
  trainableNames,
} from './image-graph.ts';
import { placesOf, type WeightPlace } from './weight-places.ts';

/** What a graph is asked for with. */
export interface ImageGraphOptions {
  /** Weights that become inputs of the graph, after `pixels` and in this order; none when absent. */
  readonly parameters?: readonly string[];
}

/** A backbone's image tower, opened. It holds all weights in memory: open once, share, never modify. */
export interface ImageModel {
  readonly backbone: TrainableBackbone;
  readonly fingerprint: string;
  /** S in pixels. */
  readonly imageSize: number;
  /** D. */
  readonly featureDim: number;
  /** The float32 weights θ₀ that training may change, by name, in the order of their use. */
  readonly weights: ReadonlyMap<string, OnnxTensor>;
  /** Where each of these weights works: its block and its part in it. Same keys and order as `weights`. */
  readonly places: ReadonlyMap<string, WeightPlace>;
  /** How many attentions there are, a block each (`attentionSites` says more of them); 0 for a model without attention. */
  readonly blocks: number;
  /**
   * The simplified graph for so many rows: input `pixels` float32 [rows, 3, S, S], output `features` float32 [rows, D].
   * The same object for the same question.
   *
   * @throws ClError `NOT_FOUND` when a parameter is none of `weights`; what `simplify` throws.
   */
  graph(rows: number, options?: ImageGraphOptions): OnnxGraph;
  /**
   * The backbone's own model file, its inputs, outputs and names as they were, with some weights replaced. Weights stored
   * in half precision are written in full.
   *
   * @throws ClError `NOT_FOUND` for a name that is none of `weights`, `SHAPE_MISMATCH` for another size.
   */
  file(changed: Readonly<Record<string, Tensor>>): Uint8Array;
}

const opened = new WeakMap<TrainableBackbone, Promise<ImageModel>>();

/**
 * Opens a backbone for training; its model is read once however often this is called.
 *
 * @throws ClError `INVALID_MODEL` when the graph has not the input, output or feature size it is said to have;
 * `SHAPE_MISMATCH` when it does not take images of the backbone's size; `NOT_SUPPORTED` for an operator that is not known.
 */
export function openImageModel(backbone: TrainableBackbone): Promise<ImageModel> {
  const known = opened.get(backbone);
  if (known !== undefined) return known;
  const model = backbone.graph().then((graph) => new OpenedModel(backbone, graph));
  opened.set(backbone, model);
  model.catch(() => opened.delete(backbone)); // who awaits it hears of it
  return model;
}

class OpenedModel implements ImageModel {
  readonly backbone: TrainableBackbone;
  readonly fingerprint: string;
  readonly imageSize: number;
  readonly featureDim: number;
  readonly weights: ReadonlyMap<string, OnnxTensor>;
  readonly places: ReadonlyMap<string, WeightPlace>;
  readonly blocks: number;
  readonly #original: OnnxGraph;
  readonly #standard: OnnxGraph;
  readonly #graphs = new Map<string, OnnxGraph>();

  constructor(backbone: TrainableBackbone, graph: ImageGraph) {
    this.backbone = backbone;
    this.fingerprint = backbone.fingerprint;
    this.imageSize = backbone.imageSize;
    this.featureDim = backbone.featureDim;
    this.#original = readImageGraph(graph);
    this.#standard = standardNames(this.#original, graph);
    const trainable = trainableNames(this.#standard);
    const whole = this.#simplified(1, trainable);
    this.places = placesOf(whole, trainable);
    this.weights = new Map(
      [...this.places.keys()].map((name) => [name, whole.initializers.get(name)!]),
    );
    this.blocks = attentionSites(whole).length;
  }

  graph(rows: number, { parameters = [] }: ImageGraphOptions = {}): OnnxGraph {
    for (const name of parameters) this.#weight(name);
    const key = JSON.stringify([rows, ...parameters]);
    const known = this.#graphs.get(key);
    if (known !== undefined) return known;
    const { graph } = parameterize(this.#simplified(rows, parameters), parameters);
    this.#graphs.set(key, graph);
    return graph;
  }

  file(changed: Readonly<Record<string, Tensor>>): Uint8Array {
    const initializers = new Map(this.#original.initializers);
    for (const [name, { dtype, dims, data }] of Object.entries(changed)) {
      const before = this.#weight(name);
      if (dtype === 'float32' && dims.join() === before.dims.join()) {
        initializers.set(name, { dtype, dims, data: data });
        continue;
      }
      throw new ClError(
        'SHAPE_MISMATCH',
        `image model: "${name}" is to become ${dtype}[${dims.join(', ')}], expected float32[${before.dims.join(', ')}]. ` +
          'Give a weight the size it has in the model.',
      );
    }
    return writeModel(modelFromGraph({ ...this.#original, initializers }));
  }

  #weight(name: string): OnnxTensor {
    const weight = this.weights.get(name);
    if (weight !== undefined) return weight;
    throw new ClError(
      'NOT_FOUND',
      `image model: "${name}" is no weight that can be trained, expected one of the ${this.weights.size}. ` +
        'The keys of weights are their names.',
    );
  }

  #simplified(rows: number, parameters: readonly string[]): OnnxGraph {
    const size = this.imageSize;
    const dims = [rows, 3, size, size];
    const simple = orExplained(dims, () =>
      simplify(this.#standard, { inputDims: { [pixelsName]: dims }, parameters }),
    );
    const g = new Emitter(simple);
    if (simple.outputs[0] === tokensName) {
      const first = g.gather(g.value(tokensName), g.scalar(0, 'int64'), 1); // [N, T, D] → [N, D]
      g.rename(first, featuresName);
    }
    const found = g.value(featuresName).dims;
    if (found.join() === [rows, this.featureDim].join()) {
      return dropUnreadTokens(g.build([featuresName]));
    }
    throw new ClError(
      'INVALID_MODEL',
      `openImageModel: the graph gives features [${found.join(', ')}], expected [${rows}, ${this.featureDim}]. ` +
        'Check the output that the backbone’s graph() names, and its featureDim.',
    );
  }
}

function orExplained(dims: readonly number[], make: () => OnnxGraph): OnnxGraph {
  try {
    return make();
  } catch (error) {
    if (!isClError(error) || error.code !== 'SHAPE_MISMATCH') throw error;
    throw new ClError(
      'SHAPE_MISMATCH',
      `openImageModel: the graph does not take pixels [${dims.join(', ')}] (${error.message}) ` +
        'Choose an image size and batch size that the model was exported for.',
      { cause: error },
    );
  }
}
