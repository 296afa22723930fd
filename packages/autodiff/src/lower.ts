/** Fits a finished graph to the kernels of a device. */
import { removeDeadCode, type AttributeValue, type GraphNode, type OnnxGraph } from '@cl/onnx';
import { sameDims, swapLastTwo, type Dims } from './dims.ts';

/**
 * The graph for onnxruntime's CPU: a product reads transposed operands in place instead of copying them first, as
 * `Gemm` where both are matrices, as `com.microsoft.FusedMatMul` (float32 only) where they are batches.
 *
 * For dW = Xᵀ dY, where most of a training's time goes, `Gemm` with `transA` was the fastest of five ways measured.
 */
export function lowerForCpu(graph: OnnxGraph): OnnxGraph {
  const transposes = new Map(
    graph.nodes
      .filter(({ opType, domain }) => opType === 'Transpose' && domain === '')
      .map((node) => [node.outputs[0]!, node]),
  );
  const nodes = graph.nodes.map((node) => {
    if (node.opType !== 'MatMul' || node.domain !== '') return node;
    return fused(node, graph, transposes) ?? node;
  });
  return removeDeadCode({ ...graph, nodes, domains: { ...graph.domains, 'com.microsoft': 1 } });
}

function fused(
  node: GraphNode,
  graph: OnnxGraph,
  transposes: ReadonlyMap<string, GraphNode>,
): GraphNode | undefined {
  const operands = node.inputs.map((name) => {
    const source = transposes.get(name);
    const swapped = source !== undefined && swapsLastTwo(source, dimsOf(graph, name));
    return swapped ? { name: source.inputs[0]!, flag: 1n } : { name, flag: 0n };
  });
  if (operands.every(({ flag }) => flag === 0n)) return undefined;
  const inputs = operands.map(({ name }) => name);
  const [transA, transB] = operands.map(({ flag }) => flag) as [bigint, bigint];
  const attributes: Record<string, AttributeValue> = { transA, transB };
  if (inputs.every((name) => dimsOf(graph, name)?.length === 2)) {
    return { ...node, opType: 'Gemm', inputs, attributes };
  }
  if (graph.types.get(node.outputs[0]!)?.elementType !== 'float32') return undefined;
  return { ...node, opType: 'FusedMatMul', domain: 'com.microsoft', inputs, attributes };
}

function swapsLastTwo({ attributes }: GraphNode, dims: Dims | undefined): boolean {
  if (dims === undefined || dims.length < 2) return false;
  const perm = attributes['perm'] as readonly bigint[] | undefined;
  return perm === undefined
    ? dims.length === 2
    : sameDims(perm.map(Number), swapLastTwo(dims.length));
}

/** Sizes when all are known. */
function dimsOf(graph: OnnxGraph, name: string): Dims | undefined {
  const dims = graph.types.get(name)?.dims;
  return dims?.every((dim) => typeof dim === 'number') === true ? dims : undefined;
}
