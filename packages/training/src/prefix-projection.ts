/** Prompts through the projections of an attention layer, for prefixes that are hidden states rather than keys and values. */
import type { Emitter, Value } from '@cl/autodiff';
import { ClError } from '@cl/hub';
import { describeNode, producersOf, type GraphNode, type OnnxGraph } from '@cl/onnx';

/**
 * Further tokens as keys or values: the nodes that lead from the hidden states to those of the layer, run once more on
 * the tokens, filled up with zeros to the size that the nodes have and cut to the tokens again. That holds for every
 * form of projection (separate, fused, flattened) and costs one more projection of a whole sequence.
 *
 * @param g - writes it.
 * @param graph - where the layer is.
 * @param tokens - [N, P, D], P at most the number of tokens T of the layer.
 * @param like - the keys or values of the layer.
 * @param axis - the axis of `like` that counts tokens.
 * @returns as `like` lies, with P tokens.
 * @throws ClError `NOT_SUPPORTED` when no linear projection is found, or its layout is ambiguous.
 */
export function projectLike(
  g: Emitter,
  graph: OnnxGraph,
  tokens: Value,
  like: string,
  axis: number,
): Value {
  const { hidden, nodes } = projectionOf(graph, like);
  const [rows, count, width] = tokens.dims as [number, number, number];
  const dims = g.value(hidden).dims;
  const length = g.value(like).dims[axis]!;
  const tokenMajor = dims[0] === length && dims[1] === rows;
  const batchMajor = dims[0] === rows && dims[1] === length;
  const merged = g.value(like).dims.length === 3; // as in exports that may be token-major
  const ambiguous = tokenMajor && batchMajor && merged;
  if (dims[2] !== width || count > length || ambiguous || !(tokenMajor || batchMajor)) {
    throw unsupported(
      `hidden states of [${dims.join(', ')}] for prompts of [${tokens.dims.join(', ')}]`,
      `[${rows}, ${length}, ${width}] or [${length}, ${rows}, ${width}], the first two sizes different, and no more ` +
        'prompt tokens than these',
    );
  }
  const laid = batchMajor ? tokens : g.transpose(tokens, [1, 0, 2]);
  const rest = length - count;
  let current = new Map([
    [hidden, g.pad(laid, [0, 0, 0], batchMajor ? [0, rest, 0] : [rest, 0, 0])],
  ]);
  for (const node of nodes) {
    const inputs = node.inputs.map((name) =>
      name === '' ? null : (current.get(name) ?? g.value(name)),
    );
    const types = node.outputs.map((name) => g.value(name));
    const operator = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
    const outputs = g.nodes(operator, inputs, types, node.attributes);
    current = new Map(node.outputs.map((name, i) => [name, outputs[i]!]));
  }
  return g.slice(current.get(like)!, axis, 0, count);
}

interface Projection {
  /** What is projected. */
  readonly hidden: string;
  /** In order of computation. */
  readonly nodes: readonly GraphNode[];
}

const layout: readonly string[] = ['Reshape', 'Transpose', 'Split', 'Slice', 'Gather', 'Squeeze'];

/** Up from keys or values over layout and bias to the product with the weights, and over a flattening before it. */
function projectionOf(graph: OnnxGraph, from: string): Projection {
  const producers = producersOf(graph);
  const isConstant = (name: string): boolean => name === '' || graph.initializers.has(name);
  const nodes: GraphNode[] = [];
  let [name, projected] = [from, false];
  for (;;) {
    const node = producers.get(name);
    const variable = node?.inputs.filter((input) => !isConstant(input)) ?? [];
    const moves = node !== undefined && (layout.includes(node.opType) || node.opType === 'Add');
    const multiplies = node?.opType === 'MatMul' || node?.opType === 'Gemm';
    const flattens = projected && node?.opType === 'Reshape' && rankOf(graph, name) === 2;
    if (variable.length !== 1 || (projected ? !flattens : !moves && !multiplies)) {
      if (projected) return { hidden: name, nodes: nodes.reverse() };
      const found = node === undefined ? `"${name}"` : describeNode(node);
      throw unsupported(found, 'a product with constant weights before the keys and values');
    }
    nodes.push(node!);
    projected ||= multiplies;
    name = variable[0]!;
  }
}

function rankOf(graph: OnnxGraph, name: string): number | undefined {
  return graph.types.get(name)?.dims.length;
}

function unsupported(found: string, expected: string): ClError {
  return new ClError(
    'NOT_SUPPORTED',
    `attachPrefixes: found ${found}, expected ${expected}. Attach prefixes after the projection instead.`,
  );
}
