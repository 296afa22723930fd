/** Which weight does what: found from the graph, since exporters keep the names of some weights only. */
import {
  attentionSites,
  producersOf,
  type AttentionSite,
  type GraphNode,
  type OnnxGraph,
} from '@cl/onnx';

/**
 * A weight's part. `query`, `key` and `value` are the projections before an attention, `qkv` one projection for several of
 * them, `attention-output` what follows the attention up to its residual sum, `mlp` the rest of a block, `norm` gains and
 * biases of any LayerNormalization, `embedding` what comes before the first block, `final` what comes after the last.
 * `other` is all of a model without attention.
 */
export type WeightRole =
  | 'embedding'
  | 'norm'
  | 'query'
  | 'key'
  | 'value'
  | 'qkv'
  | 'attention-output'
  | 'mlp'
  | 'final'
  | 'other';

/** Where a weight works. */
export interface WeightPlace {
  /** The attention block from 0; `undefined` before the first and after the last one. */
  readonly block: number | undefined;
  readonly role: WeightRole;
  /** Whether it has two axes or more that are longer than 1: no bias, no gain, no class token. */
  readonly matrix: boolean;
}

/**
 * The places of the float32 weights among these constants of a simplified graph, in the order of their first use; those
 * that it does not use are left out.
 */
export function placesOf(
  graph: OnnxGraph,
  names: readonly string[],
): ReadonlyMap<string, WeightPlace> {
  const weights = new Set(
    names.filter((name) => graph.initializers.get(name)?.dtype === 'float32'),
  );
  const map = new BlockMap(graph);
  const places = new Map<string, WeightPlace>();
  /** A value that was made from weights alone, by moving their numbers → these weights. */
  const moved = new Map<string, readonly string[]>();
  for (const node of graph.nodes) {
    const read = node.inputs.map((name) => (weights.has(name) ? [name] : (moved.get(name) ?? [])));
    const all = node.inputs.every((name, i) => read[i]!.length > 0 || graph.initializers.has(name));
    if (all) for (const output of node.outputs) moved.set(output, read.flat());
    else {
      for (const name of read.flat()) {
        const { dims } = graph.initializers.get(name)!;
        const matrix = dims.filter((size) => size > 1).length > 1;
        if (!places.has(name)) places.set(name, { ...map.place(node), matrix });
      }
    }
  }
  return places;
}

/** Which node belongs to which attention block. */
class BlockMap {
  readonly #graph: OnnxGraph;
  readonly #producers: ReadonlyMap<string, GraphNode>;
  readonly #sites: readonly AttentionSite[];
  /** Nodes before an attention: from the normalisation in front of its projections on. */
  readonly #before = new Map<GraphNode, { readonly block: number; readonly role: WeightRole }>();
  /** The last attention on the way to a node, −1 where there is none. */
  readonly #after = new Map<GraphNode, number>();
  /** The residual sum behind each attention, and the last residual sum of all: by position. */
  readonly #residual: readonly number[];
  readonly #last: number;
  readonly #position: ReadonlyMap<GraphNode, number>;

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#producers = producersOf(graph);
    this.#sites = attentionSites(graph);
    this.#position = new Map(graph.nodes.map((node, i) => [node, i]));
    for (const node of graph.nodes) {
      const site = this.#sites.findIndex(({ product }) => product === node);
      const inputs = node.inputs.map((name) => this.#producers.get(name));
      const stages = inputs.map((from) => (from === undefined ? -1 : this.#after.get(from)!));
      this.#after.set(node, Math.max(site, -1, ...stages));
    }
    this.#sites.forEach((site, block) => {
      for (const role of ['query', 'key', 'value'] as const) this.#walkUp(site[role], block, role);
    });
    const sums = graph.nodes.filter((node) => this.#isResidual(node));
    this.#residual = this.#sites.map((_, block) =>
      this.#position.get(
        sums.find((node) => this.#after.get(node) === block) ?? graph.nodes.at(-1)!,
      )!,
    );
    this.#last = this.#position.get(sums.at(-1) ?? graph.nodes.at(-1)!)!;
  }

  place(node: GraphNode): Omit<WeightPlace, 'matrix'> {
    const before = this.#before.get(node);
    const position = this.#position.get(node)!;
    const stage = this.#after.get(node)!;
    const norm = node.opType === 'LayerNormalization';
    if (before !== undefined) return norm ? { ...before, role: 'norm' } : before;
    if (this.#sites.length === 0) return { block: undefined, role: norm ? 'norm' : 'other' };
    if (stage < 0 || position > this.#last) {
      return { block: undefined, role: norm ? 'norm' : stage < 0 ? 'embedding' : 'final' };
    }
    if (norm) return { block: stage, role: 'norm' };
    return { block: stage, role: position < this.#residual[stage]! ? 'attention-output' : 'mlp' };
  }

  /** From a site's query, key or value up to the product with weights that made it, and the normalisation before. */
  #walkUp(value: string, block: number, role: WeightRole): void {
    const node = this.#producers.get(value);
    if (node === undefined) return;
    const known = this.#before.get(node);
    const shared = known !== undefined && known.role !== role;
    this.#before.set(node, { block, role: shared ? 'qkv' : role });
    const computed = node.inputs.filter((name) => this.#producers.has(name));
    if (!isProduct(node)) for (const name of computed) this.#walkUp(name, block, role);
    else {
      const norm = this.#producers.get(computed[0] ?? '');
      if (norm?.opType === 'LayerNormalization') this.#before.set(norm, { block, role: 'norm' });
    }
  }

  /** A sum of two computed values of one size. */
  #isResidual({ opType, inputs, outputs }: GraphNode): boolean {
    if (opType !== 'Add') return false;
    const dims = [...inputs, outputs[0]!].map((name) => this.#graph.types.get(name)?.dims.join());
    return inputs.every((name) => this.#producers.has(name)) && new Set(dims).size === 1;
  }
}

function isProduct({ opType }: GraphNode): boolean {
  return opType === 'MatMul' || opType === 'Gemm' || opType === 'Conv';
}
