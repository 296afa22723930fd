/** Old forms of operators brought to their newest common form, so that later stages know only one. */
import { ClError } from '@cl/hub';
import type { AttributeValue } from './attribute.ts';
import { positiveAxis } from './dims.ts';
import { describeNode, type GraphNode, type OnnxGraph } from './graph.ts';
import { intAttribute, intsAttribute } from './node-attributes.ts';
import { applyRewrites, type Rewrite } from './rewrite.ts';

/** The oldest version that {@link upgradeOpset} takes, and the one that it gives. */
const oldest = 11;
const newest = 21;

const movedAxes = new Set(
  'Squeeze Unsqueeze ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare'.split(
    ' ',
  ),
);

/** Axes were an attribute until opset 13 (Squeeze, Unsqueeze, ReduceSum) or 18 (other reductions). */
const axesAsInput: Rewrite = (node, g) => {
  const axes = intsAttribute(node, 'axes');
  if (axes === undefined || !movedAxes.has(node.opType)) return undefined;
  return g.emit(node.opType, [node.inputs[0]!, g.ints(axes)], without(node, 'axes'));
};

const oneAxis = /^(Softmax|LogSoftmax|Hardmax)$/;

/**
 * Before opset 13, Softmax worked on all axes from `axis` on as one. Along the last axis that is the same as
 * today; else the axes are merged, and split again.
 */
const softmaxOfOneAxis: Rewrite = (node, g) => {
  if (!oneAxis.test(node.opType)) return undefined;
  const input = node.inputs[0]!;
  const dims = g.dims(input);
  const rank = g.type(input)?.dims.length;
  if (rank === undefined) return undefined;
  const axis = positiveAxis(intAttribute(node, 'axis', 1), rank);
  if (axis === rank - 1) return g.emit(node.opType, [input], { axis: -1n });
  if (dims === undefined) return undefined;
  const merged = g.emit('Reshape', [input, g.ints([...dims.slice(0, axis), -1])]);
  const softmax = g.emit(node.opType, [merged], { axis: -1n });
  return g.emit('Reshape', [softmax, g.ints(dims)]);
};

/**
 * The graph at opset 21 at least, its operators in their newest common form: axes and sizes as inputs, Softmax
 * along one axis. Call `inferTypes` before.
 *
 * @throws ClError `NOT_SUPPORTED` for a graph older than opset 11.
 * @throws ClError `INVALID_MODEL` for an old Softmax over several axes whose sizes are not known.
 */
export function upgradeOpset(graph: OnnxGraph): OnnxGraph {
  if (graph.opset >= newest) return graph;
  if (graph.opset < oldest) {
    throw new ClError(
      'NOT_SUPPORTED',
      `upgradeOpset: the graph is of opset ${graph.opset}, expected ${oldest} or later. ` +
        'Export it again, or convert it (onnx.version_converter does this in Python).',
    );
  }
  const rules = [axesAsInput, ...(graph.opset < 13 ? [softmaxOfOneAxis] : [])];
  const changed = applyRewrites(graph, rules);
  const left = graph.opset < 13 ? changed.nodes.find(isOldSoftmax) : undefined;
  if (left !== undefined) {
    throw new ClError(
      'INVALID_MODEL',
      `upgradeOpset: ${describeNode(left)} works on several axes of unknown size, expected numbers. ` +
        'Pass all sizes of the inputs in inputDims.',
    );
  }
  const initializers = new Map(changed.initializers);
  const types = new Map(changed.types);
  const nodes = changed.nodes.map((node) => {
    if (node.domain !== '') return node;
    if (node.opType === 'Dropout' && graph.opset < 12) return { ...node, attributes: {} };
    if (node.opType !== 'Split' || (node.inputs[1] ?? '') !== '') return node;
    const sizes = intsAttribute(node, 'split');
    if (sizes === undefined) return withNumberOfParts(node);
    const name = `${node.outputs[0]!}/sizes`;
    const data = BigInt64Array.from(sizes, BigInt);
    initializers.set(name, { dtype: 'int64', dims: [sizes.length], data });
    types.set(name, { elementType: 'int64', dims: [sizes.length] });
    return { ...node, inputs: [node.inputs[0]!, name], attributes: without(node, 'split') };
  });
  return { ...changed, nodes, initializers, types, opset: newest };
}

/** Since opset 18 a Split without sizes says into how many parts. */
function withNumberOfParts(node: GraphNode): GraphNode {
  const parts = { num_outputs: BigInt(node.outputs.length) };
  return { ...node, attributes: { ...node.attributes, ...parts } };
}

function isOldSoftmax(node: GraphNode): boolean {
  return oneAxis.test(node.opType) && intAttribute(node, 'axis', 1) !== -1;
}

function without(node: GraphNode, name: string): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(node.attributes).filter(([key]) => key !== name));
}
