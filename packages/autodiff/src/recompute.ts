/**
 * Memory for time: values of the forward pass that the backward pass reads are computed again when it gets there, instead
 * of being kept (Chen et al., 2016, "Training deep nets with sublinear memory cost").
 *
 * Checkpoints cut the graph into segments. Of a segment only the checkpoint it starts at is kept; its nodes are repeated
 * before its gradients. A runtime that orders nodes as it likes could repeat them early, or see that they compute the
 * same as before and merge them, or put off the gradients of weights, which nobody waits for, and keep everything for
 * their sake. So the repetition starts at a value that is the checkpoint plus 0 times one element of each gradient that
 * the segments behind it have to give, which are not there before its turn comes.
 */
import { ClError } from '@cl/hub';
import { attentionSites, type GraphNode, type OnnxGraph } from '@cl/onnx';
import { sizeOf } from './dims.ts';
import type { Emitter } from './emitter.ts';
import type { Value } from './graph-writer.ts';

/** A graph cut at checkpoints. */
export class Segments {
  /** The nodes segment by segment: still each after those it reads. */
  readonly nodes: readonly GraphNode[];
  readonly #checkpoints: readonly string[];
  readonly #segments: ReadonlyMap<string, number>;
  /** Values of segments that were repeated, by the names of the first ones. */
  readonly #repeated = new Map<number, ReadonlyMap<string, Value>>();
  /** Gradients that a repetition waits for already. */
  readonly #awaited = new Set<string>();

  /**
   * @param graph - to be cut.
   * @param checkpoints - values on the way, in any order.
   * @throws ClError `NOT_FOUND` for a name that no node makes and no input has.
   */
  constructor(graph: OnnxGraph, checkpoints: readonly string[]) {
    const made = graph.nodes.flatMap(({ outputs }) => outputs);
    const names = [...graph.inputs.map(({ name }) => name), ...made];
    const missing = checkpoints.find((name) => !names.includes(name));
    if (missing !== undefined) throw notThere(missing);
    this.#checkpoints = names.filter((name) => checkpoints.includes(name));
    this.#segments = segmentsOf(graph, this.#checkpoints);
    const numbered = graph.nodes.map((node) => ({ node, segment: this.segmentOf(node) }));
    this.nodes = numbered.sort((a, b) => a.segment - b.segment).map(({ node }) => node); // stable
  }

  /** How many checkpoints a node depends on; the first segment is before all of them. */
  segmentOf(node: GraphNode): number {
    return this.#segments.get(node.outputs.find((output) => output !== '') ?? '') ?? 0;
  }

  /**
   * A value as the gradient of a node reads it: repeated when the node's segment is, else as it was. To be asked once the
   * gradients behind the segment are complete.
   */
  value(name: string, node: GraphNode, g: Emitter, grads: ReadonlyMap<string, Value>): Value {
    const segment = this.segmentOf(node);
    // What is before the first checkpoint and behind the last is kept: the one is short, the other read at once.
    if (segment === 0 || segment >= this.#checkpoints.length) return g.value(name);
    let values = this.#repeated.get(segment);
    if (values === undefined) {
      values = this.#repeat(segment, g, grads);
      this.#repeated.set(segment, values);
    }
    return values.get(name) ?? g.value(name);
  }

  /** Gradients that came to this segment or an earlier one, or to a weight, since the last time. */
  #pending(segment: number, grads: ReadonlyMap<string, Value>): readonly Value[] {
    const pending = [...grads].filter(
      ([name, grad]) => (this.#segments.get(name) ?? 0) <= segment && !this.#awaited.has(grad.name),
    );
    for (const [, grad] of pending) this.#awaited.add(grad.name);
    return pending.map(([, grad]) => grad);
  }

  #repeat(segment: number, g: Emitter, grads: ReadonlyMap<string, Value>): Map<string, Value> {
    const values = new Map<string, Value>();
    const start = this.#checkpoints[segment - 1]!;
    if (!grads.has(this.#checkpoints[segment]!)) return values; // no gradient comes this way
    const x = g.value(start);
    const elements = this.#pending(segment, grads).map((grad) =>
      g.cast(firstElement(g, grad), x.elementType),
    );
    values.set(start, g.add(x, g.mul(g.sumAll(g.concat(elements, 0)), 0)));
    for (const node of this.nodes) {
      if (this.segmentOf(node) !== segment || random.test(node.opType)) continue;
      const { domain, opType, attributes } = node;
      const inputs = node.inputs.map((name) =>
        name === '' ? null : (values.get(name) ?? g.value(name)),
      );
      const types = node.outputs.map((name) => g.value(name === '' ? node.outputs[0]! : name));
      const operator = domain === '' ? opType : `${domain}.${opType}`;
      const outputs = g.nodes(operator, inputs, types, attributes);
      node.outputs.forEach((name, i) => values.set(name, outputs[i]!));
    }
    return values;
  }
}

/** One element, as a value of one axis. */
function firstElement(g: Emitter, x: Value): Value {
  const [starts, ends] = [g.ints(x.dims.map(() => 0)), g.ints(x.dims.map(() => 1))];
  const dims = x.dims.map(() => 1);
  return g.reshape(dims.length === 0 ? x : g.node('Slice', [x, starts, ends], { ...x, dims }), [1]);
}

/** Operators that would not give the same again. */
const random = /^(Random|Bernoulli|Multinomial|Dropout)/;

function segmentsOf(graph: OnnxGraph, checkpoints: readonly string[]): Map<string, number> {
  const segments = new Map<string, number>();
  /** The segment of who reads a value: a checkpoint begins a new one. */
  const behind = (name: string): number =>
    checkpoints.includes(name) ? checkpoints.indexOf(name) + 1 : (segments.get(name) ?? 0);
  for (const node of graph.nodes) {
    const segment = node.inputs.reduce((most, name) => Math.max(most, behind(name)), 0);
    for (const output of node.outputs) segments.set(output, segment);
  }
  return segments;
}

/**
 * The values at which the blocks of a transformer begin: before each attention the last place where nearly all that is
 * computed on the way is in one value, as the residual stream is between blocks. Checkpoints for `backward`.
 *
 * @param graph - simplified, all sizes known.
 * @throws ClError `NOT_SUPPORTED` when it has no two such places.
 */
export function blockInputs(graph: OnnxGraph): readonly string[] {
  const starts = attentionSites(graph).map(({ scores }) => graph.nodes.indexOf(scores));
  const cuts = narrowPlaces(graph);
  const found = starts.map((start) => cuts.findLast(({ at }) => at < start)?.name);
  const names = [...new Set(found)].filter((name) => name !== undefined);
  if (names.length >= 2) return names;
  throw new ClError(
    'NOT_SUPPORTED',
    `recompute: found ${starts.length} attentions and ${names.length} places between blocks, expected at least 2. ` +
      'Name the values to keep instead: recompute: [names].',
  );
}

/** After which nodes one value alone outweighs by far everything else that is still to be read. */
function narrowPlaces({ nodes, types }: OnnxGraph): readonly { name: string; at: number }[] {
  const lastRead = new Map<string, number>();
  nodes.forEach(({ inputs }, at) => {
    for (const name of inputs) lastRead.set(name, at);
  });
  const live = new Map<string, number>();
  let total = 0;
  const places: { name: string; at: number }[] = [];
  nodes.forEach(({ inputs, outputs }, at) => {
    for (const name of outputs) {
      if (!lastRead.has(name)) continue;
      const size = sizeOf((types.get(name)?.dims ?? []) as number[]);
      live.set(name, size);
      total += size;
    }
    for (const name of inputs) {
      if (lastRead.get(name) !== at) continue;
      total -= live.get(name) ?? 0;
      live.delete(name);
    }
    const [name = ''] = outputs;
    const own = live.get(name) ?? 0;
    if (total - own < own / 2 && own > 0) places.push({ name, at });
  });
  return places;
}

function notThere(name: string): ClError {
  return new ClError(
    'NOT_FOUND',
    `recompute: nothing in the graph is called "${name}", expected values that its nodes compute. ` +
      'Look at printGraph(graph) for their names, or let blockInputs(graph) find them.',
  );
}
