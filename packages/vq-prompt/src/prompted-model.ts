/** A frozen image tower with pools of prompts at some of its attentions, as graphs for any batch size. */
import { Emitter, type Value } from '@cl/autodiff';
import { ClError } from '@cl/hub';
import { attentionSites, type AttentionSite, type OnnxGraph } from '@cl/onnx';
import { attachPrefixes, classifierLoss, linearHead, type ImageModel } from '@cl/training';
import { balanceLoss, codebookLoss, commitmentLoss, quantize, type Quantized } from './codebook.ts';
import { cutBefore, waistBefore, type CutGraph } from './cut.ts';
import { unitRows, type ScoreFunction } from './scores.ts';

/** How prompts are read and inserted; see `VqPromptOptions`. */
export interface PromptSettings {
  /** Attention layers with a pool, ascending. */
  readonly layers: readonly number[];
  readonly temperature: number;
  readonly prompt: 'quantized' | 'soft';
  readonly projection: 'after' | 'before';
  readonly normalizeQuery: boolean;
  readonly score?: ScoreFunction | undefined;
}

/** Factors of the losses beside cross-entropy, each over the mean of squares of one layer. */
export interface LossWeights {
  /** Of ‖sg[p'] − p‖². */
  readonly codebook: number;
  /** Of ‖p' − sg[p]‖². */
  readonly commitment: number;
  /** Of the divergence of mean scores from an even share. */
  readonly balance: number;
}

/** A training graph. */
export interface TrainingGraphOptions {
  /** Columns of the head. */
  readonly classes: number;
  /** Columns that compete: those of the experience. */
  readonly allowed: readonly number[];
  readonly weights: LossWeights;
  /** By layer: entries that gradients must not reach. */
  readonly protect?: ReadonlyMap<number, readonly number[]>;
}

/** Sizes of a pool. */
export interface PoolSize {
  /** N. */
  readonly entries: number;
  /** Lp. */
  readonly length: number;
}

/** Name of the query, float32 [N, Dq]. */
export const queryName = 'query';

/** Name of features and chosen entries side by side, float32 [N, D + layers]. */
export const codedName = 'coded';

/** The name of a layer's prompts P [N, Lp, D]. */
export const promptsName = (layer: number): string => `prompts.${layer}`;

/** The name of a layer's keys K [N, Dq]. */
export const keysName = (layer: number): string => `keys.${layer}`;

/** The name of the entries a layer chose, int64 [B]. */
export const selectedName = (layer: number): string => `selected.${layer}`;

/** Graphs of a model with prompts. All take `embedding` except the stem, which makes it of `pixels`. */
export class PromptedModel {
  /** D of prompts: heads times the width of one. */
  readonly width: number;
  /** D of features. */
  readonly featureDim: number;
  /** Sizes of an image's embedding. */
  readonly embeddingDims: readonly number[];
  readonly settings: PromptSettings;
  readonly #model: ImageModel;

  /** @throws ClError `NOT_SUPPORTED` for a model without attention, `INVALID_OPTION` for a layer it does not have. */
  constructor(model: ImageModel, settings: PromptSettings) {
    this.#model = model;
    this.settings = settings;
    this.featureDim = model.featureDim;
    const { sites } = this.#parts(2);
    this.width = Math.max(...sites.map(({ heads, headDim }) => heads * headDim));
    const [input] = this.body(2).inputs;
    this.embeddingDims = (input!.dims as readonly number[]).slice(1);
  }

  /** `pixels` [rows, 3, S, S] → `embedding` [rows, …]. */
  stem(rows: number): OnnxGraph {
    return this.#parts(rows).stem;
  }

  /** `embedding` → `features` [rows, D], without prompts. */
  body(rows: number): OnnxGraph {
    return this.#parts(rows).body;
  }

  /** With inputs {@link queryName} and pools → `features`, `selected.ℓ` for each layer, and both as {@link codedName}. */
  prompted(rows: number, sizes: readonly PoolSize[]): OnnxGraph {
    const { graph } = this.#prompted(rows, sizes, new Map());
    const selected = this.settings.layers.map(selectedName);
    const g = new Emitter(graph);
    const numbers = selected.map((name) => g.reshape(g.cast(g.value(name), 'float32'), [rows, 1]));
    g.rename(g.concat([g.value('features'), ...numbers], 1), codedName);
    return g.build(['features', ...selected, codedName]);
  }

  /**
   * The loss of stage 1 (eq. 9): cross-entropy over the allowed classes, and over the layers the sum of the weighted
   * losses of their pools. Further inputs `labels` int32 [rows], `head.weight`, `head.bias`; outputs `loss` and its parts
   * `crossEntropy` and `promptLoss`.
   */
  training(
    rows: number,
    sizes: readonly PoolSize[],
    { classes, allowed, weights, protect = new Map() }: TrainingGraphOptions,
  ): OnnxGraph {
    const { graph, quantized } = this.#prompted(rows, sizes, protect);
    const g = new Emitter(graph);
    const logits = g.rename(linearHead(g, g.value('features'), classes), 'logits');
    const labels = g.input('labels', 'int32', [rows]);
    const cross = g.rename(classifierLoss(g, logits, labels, { allowed }), 'crossEntropy');
    const parts = this.#poolLosses(g, quantized, weights);
    const prompts = g.rename(
      parts.reduce((sum, part) => g.add(sum, part), g.scalar(0, 'float32')),
      'promptLoss',
    );
    g.rename(g.add(cross, prompts), 'loss');
    return g.build(['loss', 'crossEntropy', 'promptLoss', 'logits', 'features']);
  }

  /** Values between the blocks of {@link PromptedModel.training}: from one to the next the forward pass can be run again. */
  checkpoints(rows: number): readonly string[] {
    const { body, sites } = this.#parts(rows);
    const first = Math.min(...this.settings.layers);
    return [...new Set(sites.slice(first).map((site) => waistBefore(body, rows, site)))];
  }

  #poolLosses(g: Emitter, quantized: readonly Quantized[], weights: LossWeights): Value[] {
    const losses: Value[] = [];
    for (const layer of quantized) {
      if (this.settings.prompt === 'quantized') {
        losses.push(g.mul(codebookLoss(g, layer), weights.codebook));
        losses.push(g.mul(commitmentLoss(g, layer), weights.commitment));
      }
      if (weights.balance > 0) losses.push(g.mul(balanceLoss(g, layer), weights.balance));
    }
    return losses;
  }

  #prompted(
    rows: number,
    sizes: readonly PoolSize[],
    protect: ReadonlyMap<number, readonly number[]>,
  ): { readonly graph: OnnxGraph; readonly quantized: readonly Quantized[] } {
    const { body, sites } = this.#parts(rows);
    const { layers, normalizeQuery, prompt, projection } = this.settings;
    const g = new Emitter(body);
    const raw = g.input(queryName, 'float32', [rows, this.#model.featureDim]);
    const query = normalizeQuery ? unitRows(g, raw) : raw;
    const quantized = layers.map((layer, i) => {
      const { entries, length } = sizes[i]!;
      const prompts = g.input(promptsName(layer), 'float32', [entries, length, this.width]);
      const keys = g.input(keysName(layer), 'float32', [entries, this.#model.featureDim]);
      const still = protect.get(layer) ?? [];
      const pool = { prompts: guarded(g, prompts, still), keys: guarded(g, keys, still) };
      return quantize(g, query, pool, this.settings);
    });
    const selected = quantized.map((layer, i) =>
      g.rename(layer.selected, selectedName(layers[i]!)),
    );
    const used = quantized.map((layer) =>
      prompt === 'quantized' ? layer.prompt : g.reshape(layer.soft, layer.prompt.dims),
    );
    const kept = quantized.flatMap(({ scores, soft, entry }) => [scores, soft, entry]);
    const extended = g.build(['features', ...selected, ...used, ...kept]);
    const prompts = used.map(({ name }, i) => ({ layer: layers[i]!, prompt: name }));
    const graph = attachPrefixes(extended, sites, prompts, { projection });
    return { graph, quantized };
  }

  #parts(rows: number): CutGraph & { readonly sites: readonly AttentionSite[] } {
    const graph = this.#model.graph(rows);
    const sites = attentionSites(graph);
    const first = sites[assertLayers(this.settings.layers, sites.length)]!;
    return { ...cutBefore(graph, rows, first), sites };
  }
}

/** The value with no gradient at some of its entries (rows): P ⊙ m + sg[P] ⊙ (1 − m). */
function guarded(g: Emitter, x: Value, entries: readonly number[]): Value {
  if (entries.length === 0) return x;
  const dims = x.dims.map((size, axis) => (axis === 0 ? size : 1));
  const data = new Uint8Array(dims[0]!).fill(1);
  for (const entry of entries) data[entry] = 0;
  const free = g.constant({ dtype: 'bool', dims, data }, 'free');
  return g.where(free, x, g.stopGradient(x));
}

/** The first of the layers, once all are known to be there. */
function assertLayers(layers: readonly number[], count: number): number {
  if (count === 0) {
    throw new ClError(
      'NOT_SUPPORTED',
      'vq-prompt: the model has no attention, expected a transformer. Choose a ViT or a CLIP with a ViT tower.',
    );
  }
  const missing = layers.find((layer) => layer >= count);
  if (missing === undefined) return Math.min(...layers);
  throw new ClError(
    'INVALID_OPTION',
    `vq-prompt: option layers names layer ${missing}, expected 0 to ${count - 1}: the model has ${count}. ` +
      'Choose among its layers.',
  );
}
