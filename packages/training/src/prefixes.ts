/**
 * Prefix tuning (Li and Liang, ACL 2021; "Prefix-Tuning" in Wang et al., ECCV 2022): further keys and values for the
 * attentions of a frozen transformer,
 *
 *   Attn( Q, [p_K ; K], [p_V ; V] ),
 *
 * which leave the number of tokens as it is. Where an attention is and how its tensors lie is what `attentionSites` says.
 */
import { Emitter, type Value } from '@cl/autodiff';
import { ClError } from '@cl/hub';
import { producersOf, type AttentionSite, type GraphNode, type OnnxGraph } from '@cl/onnx';
import { projectLike } from './prefix-projection.ts';

/** A prompt for one attention. */
export interface LayerPrompt {
  /** Which attention, counted in order of computation from 0. */
  readonly layer: number;
  /** A value of the graph, float32 [N, Lp, H·d]: its first Lp/2 tokens go before the keys, the others before the values. */
  readonly prompt: string;
}

/** How {@link attachPrefixes} reads prompts. */
export interface PrefixOptions {
  /**
   * `after` the projections prompts are keys and values themselves; `before`, they pass through the W_K, W_V and biases
   * of their layer, as hidden states do. Default `after`.
   */
  readonly projection?: 'after' | 'before';
}

/**
 * The graph with prompts at some of its attentions. Outputs keep their names and sizes; a prompt without tokens changes
 * nothing, and no prompts at all give the graph itself.
 *
 * @param graph - simplified, and extended by the values that are the prompts: `graph.outputs` must need them.
 * @param sites - `attentionSites` of the graph before it was extended (scores over a pool would pass for an attention).
 * @throws ClError `NOT_SUPPORTED` when there are no attentions, `INVALID_OPTION` for a layer that is not there or is given
 * twice, and for prompts with an odd number of tokens; `SHAPE_MISMATCH` for prompts of another batch or width.
 */
export function attachPrefixes(
  graph: OnnxGraph,
  sites: readonly AttentionSite[],
  prompts: readonly LayerPrompt[],
  { projection = 'after' }: PrefixOptions = {},
): OnnxGraph {
  if (prompts.length === 0) return graph;
  assertLayers(sites, prompts);
  const edits = new Edits(graph);
  for (const { layer, prompt } of prompts) {
    const site = sites[layer]!;
    const value = edits.emitter.value(prompt);
    const length = assertPrompt(layer, value, site, edits.emitter);
    if (length === 0) continue;
    const g = edits.emitter;
    const [keys, values] = [
      g.slice(value, 1, 0, length / 2),
      g.slice(value, 1, length / 2, length),
    ];
    const project = (half: Value, like: string, axis: number): Value =>
      projection === 'after'
        ? inHeads(g, half, site, axis, g.value(like).dims)
        : projectLike(g, graph, half, like, axis);
    const valueAxis = g.value(site.value).dims.length - 2;
    edits.lengthen(
      site,
      project(keys, site.key, site.keyAxis),
      project(values, site.value, valueAxis),
    );
  }
  return edits.build();
}

/** [N, P, H·d] as keys or values lie: heads in front, tokens on `axis`, [N, H] merged where the graph has them so. */
function inHeads(
  g: Emitter,
  x: Value,
  site: AttentionSite,
  axis: number,
  like: readonly number[],
): Value {
  const [rows, tokens] = x.dims as [number, number, number];
  const split = g.reshape(x, [
    rows,
    tokens,
    site.heads,
    like.length === axis + 1 ? like.at(-2)! : like.at(-1)!,
  ]);
  const heads = g.transpose(split, axis === like.length - 1 ? [0, 2, 3, 1] : [0, 2, 1, 3]);
  return g.reshape(heads, like.with(axis, tokens));
}

/** New inputs for some nodes, and nodes that make them. */
class Edits {
  readonly emitter: Emitter;
  readonly #graph: OnnxGraph;
  readonly #producers: ReadonlyMap<string, GraphNode>;
  /** By the first output of a node: other names for its inputs. */
  readonly #inputs = new Map<string, Map<string, string>>();
  readonly #made: Value[] = [];
  readonly #longer = new Map<string, readonly number[]>();

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.emitter = new Emitter(graph);
    this.#producers = producersOf(graph);
  }

  /** Puts further keys and values before those of a site. */
  lengthen(site: AttentionSite, keys: Value, values: Value): void {
    const g = this.emitter;
    const [key, value] = [g.value(site.key), g.value(site.value)];
    const tokens = keys.dims[site.keyAxis]!;
    this.#replaceKey(site, g.concat([keys, key], site.keyAxis), tokens);
    const product = site.product.outputs[0]!;
    this.#replace(product, site.value, g.concat([values, value], value.dims.length - 2));
    this.#lengthenScores(site, tokens);
  }

  /** On the way from the key to the scores there may be a factor and a transposition. */
  #replaceKey(site: AttentionSite, longer: Value, tokens: number): void {
    let reader = site.scores.outputs[0]!;
    let name = site.scores.inputs[1]!;
    let axis = this.emitter.value(name).dims.length - 1;
    while (name !== site.key) {
      const node = this.#producers.get(name)!;
      this.#setLonger(name, axis, tokens);
      if (node.opType === 'Transpose') axis = site.keyAxis;
      reader = name;
      name = node.inputs.find((input) => !this.#graph.initializers.has(input))!;
    }
    this.#replace(reader, site.key, longer);
  }

  /** From the scores to the product with the values everything has one column more for each further key. */
  #lengthenScores(site: AttentionSite, tokens: number): void {
    const product = site.product.outputs[0]!;
    const long = new Set(site.scores.outputs);
    this.#setLonger(site.scores.outputs[0]!, -1, tokens);
    for (const node of this.#graph.nodes) {
      if (node.outputs[0] === product) return;
      const through = node.inputs.findIndex((input) => long.has(input));
      if (through < 0) continue;
      const output = node.outputs[0]!;
      node.inputs.forEach((input, i) => {
        if (long.has(input)) return;
        const replaced = this.#besideScores(node, input, i, through, site.keys, tokens);
        if (replaced !== undefined) this.#replace(output, input, replaced);
      });
      this.#setLonger(output, -1, tokens);
      long.add(output);
    }
  }

  /** What a mask, a condition or a shape that meets the scores becomes; `undefined`: it stays. */
  #besideScores(
    node: GraphNode,
    input: string,
    i: number,
    through: number,
    keys: number,
    tokens: number,
  ): Value | undefined {
    const g = this.emitter;
    const old = g.value(input);
    if (node.opType === 'Reshape') {
      const dims = g.value(node.outputs[0]!).dims;
      return g.ints(dims.with(-1, keys + tokens));
    }
    if (old.dims.at(-1) !== keys) return undefined;
    // Nothing is added to the new scores; a condition lets them through.
    const open = node.opType === 'Where' && i === 0 && through === 1;
    const fill =
      old.elementType === 'bool'
        ? g.constant({ dtype: 'bool', dims: [], data: Uint8Array.of(open ? 1 : 0) })
        : g.scalar(0, old.elementType);
    const before = g.expand(fill, old.dims.with(-1, tokens));
    return g.concat([before, old], old.dims.length - 1);
  }

  #replace(node: string, input: string, value: Value): void {
    const names = this.#inputs.get(node) ?? new Map<string, string>();
    this.#inputs.set(node, names.set(input, value.name));
    this.#made.push(value);
  }

  #setLonger(name: string, axis: number, tokens: number): void {
    const { dims } = this.emitter.value(name);
    this.#longer.set(name, dims.with(axis, dims.at(axis)! + tokens));
  }

  build(): OnnxGraph {
    const { outputs } = this.#graph;
    const whole = this.emitter.build([
      ...new Set([...outputs, ...this.#made.map(({ name }) => name)]),
    ]);
    const types = new Map(whole.types);
    for (const [name, dims] of this.#longer) types.set(name, { ...types.get(name)!, dims });
    const nodes = whole.nodes.map((node) => {
      const names = this.#inputs.get(node.outputs[0]!);
      if (names === undefined) return node;
      return { ...node, inputs: node.inputs.map((input) => names.get(input) ?? input) };
    });
    return { ...whole, outputs, types, nodes: sorted(nodes) };
  }
}

/** Nodes in an order in which each comes after what it reads, as near as possible to the one they have. */
function sorted(nodes: readonly GraphNode[]): GraphNode[] {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const placed = new Set<GraphNode>();
  const place = (node: GraphNode): void => {
    if (placed.has(node)) return;
    for (const input of node.inputs) {
      const producer = producers.get(input);
      if (producer !== undefined) place(producer);
    }
    placed.add(node);
  };
  nodes.forEach(place);
  return [...placed];
}

function assertLayers(sites: readonly AttentionSite[], prompts: readonly LayerPrompt[]): void {
  if (sites.length === 0) {
    throw new ClError(
      'NOT_SUPPORTED',
      'attachPrefixes: the model has no attention, expected a transformer. Choose a ViT or a CLIP with a ViT tower.',
    );
  }
  prompts.forEach(({ layer }, i) => {
    if (sites[layer] === undefined) {
      throw new ClError(
        'INVALID_OPTION',
        `attachPrefixes: a prompt is for attention layer ${layer}, expected 0 to ${sites.length - 1}: the model has ` +
          `${sites.length}. Choose among its layers.`,
      );
    }
    if (prompts.findIndex((other) => other.layer === layer) === i) return;
    throw new ClError(
      'INVALID_OPTION',
      `attachPrefixes: layer ${layer} is given two prompts, expected one. Concatenate them.`,
    );
  });
}

/** Checks a prompt and gives its number of tokens. */
function assertPrompt(layer: number, prompt: Value, site: AttentionSite, g: Emitter): number {
  const [rows, length, width, ...more] = prompt.dims;
  const merged = g
    .value(site.value)
    .dims.slice(0, -2)
    .reduce((product, size) => product * size, 1);
  const expected = [merged / site.heads, site.heads * site.headDim];
  if (length === undefined || more.length > 0 || rows !== expected[0] || width !== expected[1]) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `attachPrefixes: the prompt "${prompt.name}" of layer ${layer} is [${prompt.dims.join(', ')}], expected ` +
        `[${expected[0]}, tokens, ${expected[1]}]: batch and width of the attention. Give one prompt a row.`,
    );
  }
  if (length % 2 === 0) return length;
  throw new ClError(
    'INVALID_OPTION',
    `attachPrefixes: the prompt of layer ${layer} has ${length} tokens, expected an even number: half of them go before ` +
      'the keys, half before the values. Use one token more or less.',
  );
}
