/** Where a graph attends: softmax(s · q kᵀ + mask) v (Vaswani et al., 2017, eq. 1), found, not changed. */
import { isStatic, sizeOf } from './dims.ts';
import type { GraphNode, OnnxGraph } from './graph.ts';
import { intAttribute } from './node-attributes.ts';
import { Surroundings } from './rewrite.ts';

/**
 * One attention. Names are names of values. T queries meet S keys; leading axes of heads are [N, H] or, in older
 * exports, merged to [N·H].
 */
export interface AttentionSite {
  /** Queries [N, H, T, d] before they are scaled. */
  readonly query: string;
  /** Keys before they are scaled: [N, H, d, S], or [N, H, S, d] that is transposed later; see `keyAxis`. */
  readonly key: string;
  /** Which axis of `key` counts keys: further keys, as in prefix tuning, are concatenated along it. */
  readonly keyAxis: number;
  /** Values [N, H, S, d]; S is axis −2. */
  readonly value: string;
  /** What is added to the scores, or the condition that selects them; `undefined` without a mask. */
  readonly mask: string | undefined;
  /** The scores' factor s, wherever it is applied; 1/√d as a rule. */
  readonly scale: number;
  /** q kᵀ. */
  readonly scores: GraphNode;
  readonly softmax: GraphNode;
  /** Probabilities [N, H, T, S], as the product with the values reads them. */
  readonly probabilities: string;
  /** Probabilities times values. */
  readonly product: GraphNode;
  /** Attended values [N, T, H·d], heads side by side; `undefined` when they do not meet in one value. */
  readonly output: string | undefined;
  readonly heads: number;
  readonly headDim: number;
  readonly queries: number;
  readonly keys: number;
}

/**
 * The attentions of a graph in order of computation. Call `simplify` before: sizes must be numbers.
 *
 * A Softmax that stands for none, as in a classifier, is passed over, and so is one over constant keys.
 */
export function attentionSites(graph: OnnxGraph): readonly AttentionSite[] {
  const g = new Surroundings(graph, []);
  return graph.nodes
    .filter(({ opType, domain }) => opType === 'Softmax' && domain === '')
    .map((softmax) => siteAt(softmax, g))
    .filter((site) => site !== undefined);
}

function siteAt(softmax: GraphNode, g: Surroundings): AttentionSite | undefined {
  const dims = g.dims(softmax.outputs[0]!);
  const axis = intAttribute(softmax, 'axis', -1);
  if (dims === undefined || (axis !== -1 && axis !== dims.length - 1)) return undefined;
  const below = scoresOf(softmax.inputs[0]!, g, { scale: 1, mask: undefined });
  const above = productOf(softmax.outputs[0]!, g);
  if (below === undefined || above === undefined) return undefined;
  const query = unscaled(below.scores.inputs[0]!, g);
  const transposed = below.scores.inputs[1]!;
  const flipped = transposesLast(g.producer(transposed, 'Transpose'));
  const key = unscaled(flipped ?? transposed, g);
  const value = above.product.inputs[1]!;
  const q = g.dims(query.value);
  if (q === undefined || g.constant(key.value) !== undefined) return undefined;
  const keyAxis = q.length - (flipped === undefined ? 1 : 2);
  const output = mergedHeads(above.product.outputs[0]!, g);
  const width = output === undefined ? undefined : g.dims(output)?.at(-1);
  const headDim = q.at(-1)!;
  return {
    query: query.value,
    key: key.value,
    keyAxis,
    value,
    mask: below.mask,
    scale: below.scale * query.scale * key.scale,
    scores: below.scores,
    softmax,
    probabilities: above.probabilities,
    product: above.product,
    output,
    heads: width === undefined ? sizeOf(dims.slice(1, -2)) : width / g.dims(value)!.at(-1)!,
    headDim,
    queries: dims.at(-2)!,
    keys: dims.at(-1)!,
  };
}

interface Scores {
  readonly scores: GraphNode;
  readonly scale: number;
  readonly mask: string | undefined;
}

/** Up from the Softmax through mask, scale and merged or split leading axes to the product of q and k. */
function scoresOf(
  value: string,
  g: Surroundings,
  found: Omit<Scores, 'scores'>,
): Scores | undefined {
  const node = g.producer(value);
  if (node === undefined) return undefined;
  const [a, b, c] = node.inputs as [string, string, string];
  switch (node.opType) {
    case 'MatMul':
      return { ...found, scores: node };
    case 'Mul':
    case 'Div': {
      const right = g.scalar(b);
      const factor = right ?? (node.opType === 'Mul' ? g.scalar(a) : undefined);
      if (factor === undefined) return undefined;
      const scale = found.scale * (node.opType === 'Mul' ? factor : 1 / factor);
      return scoresOf(right === undefined ? b : a, g, { ...found, scale });
    }
    case 'Add':
      return masked(a, b, g, found) ?? masked(b, a, g, found);
    case 'Where':
      return masked(b, a, g, found) ?? masked(c, a, g, found);
    case 'Reshape':
      return keepsLastTwo(node, g) ? scoresOf(a, g, found) : undefined;
    default:
      return undefined;
  }
}

/** Up from scores that a mask was laid over; nobody is known to lay two over each other. */
function masked(
  scores: string,
  mask: string,
  g: Surroundings,
  found: Omit<Scores, 'scores'>,
): Scores | undefined {
  return found.mask === undefined ? scoresOf(scores, g, { ...found, mask }) : undefined;
}

interface Above {
  readonly probabilities: string;
  readonly product: GraphNode;
}

/** Down from the Softmax to the product with the values. */
function productOf(value: string, g: Surroundings): Above | undefined {
  for (const reader of g.readers(value)) {
    const output = reader.outputs[0]!;
    if (reader.opType === 'MatMul' && reader.inputs[0] === value) {
      return { probabilities: value, product: reader };
    }
    const passes =
      (reader.opType === 'Where' && reader.inputs[2] === value) || // torch's guard against NaN
      reader.opType === 'Dropout' ||
      reader.opType === 'Cast' ||
      (reader.opType === 'Reshape' && keepsLastTwo(reader, g));
    const found = passes ? productOf(output, g) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function keepsLastTwo(node: GraphNode, g: Surroundings): boolean {
  const [from, to] = [g.dims(node.inputs[0]!), g.dims(node.outputs[0]!)];
  return from?.slice(-2).join() === (to ?? []).slice(-2).join();
}

interface Unscaled {
  readonly value: string;
  readonly scale: number;
}

/** A value before numbers were multiplied into it. */
function unscaled(value: string, g: Surroundings): Unscaled {
  const node = g.producer(value, 'Mul', 'Div');
  if (node === undefined) return { value, scale: 1 };
  const [a, b] = node.inputs as [string, string];
  const factor = g.scalar(b) ?? (node.opType === 'Mul' ? g.scalar(a) : undefined);
  if (factor === undefined) return { value, scale: 1 };
  const inner = unscaled(g.scalar(b) === undefined ? b : a, g);
  return { value: inner.value, scale: inner.scale * (node.opType === 'Mul' ? factor : 1 / factor) };
}

/** The input of a Transpose that swaps the last two axes and nothing else. */
function transposesLast(node: GraphNode | undefined): string | undefined {
  const perm = node?.attributes['perm'] as readonly bigint[] | undefined;
  if (node === undefined || perm === undefined) return undefined;
  const rank = perm.length;
  const swapped = [...perm.keys()].map((axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return perm.every((axis, i) => Number(axis) === swapped[i]) ? node.inputs[0] : undefined;
}

/** [N, H, T, d] → (Reshape, Transpose) → [N, T, H·d]: the first value of three axes or fewer after a Transpose. */
function mergedHeads(value: string, g: Surroundings): string | undefined {
  let [current, moved] = [value, false];
  for (;;) {
    const [reader, other] = g.readers(current);
    if (reader === undefined || other !== undefined) return undefined;
    if (reader.opType !== 'Transpose' && reader.opType !== 'Reshape') return undefined;
    current = reader.outputs[0]!;
    moved ||= reader.opType === 'Transpose';
    const dims = g.type(current)?.dims;
    if (dims === undefined || !isStatic(dims)) return undefined;
    if (moved && reader.opType === 'Reshape' && dims.length <= 3) return current;
  }
}
