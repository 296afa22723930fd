/** The graph of an image tower in the one form that learners work on, before its sizes are known. */
import { ClError, type ImageGraph } from '@cl/hub';
import {
  fromFloat16,
  graphFromModel,
  readModel,
  weightsOf,
  type GraphNode,
  type OnnxGraph,
  type OnnxTensor,
} from '@cl/onnx';

/** Name of the input for images, float32 [N, 3, S, S]. */
export const pixelsName = 'pixels';

/** Name of the output, float32 [N, D]. */
export const featuresName = 'features';

/** Name of the tokens, [N, T, D], whose first one is the feature. */
export const tokensName = 'features/tokens';

/**
 * Reads the graph behind a backbone as its file has it, half-precision weights widened. Names are the file's.
 *
 * @throws ClError `INVALID_MODEL` when it lacks the input or output it is said to have.
 */
export function readImageGraph({ model, input, output }: ImageGraph): OnnxGraph {
  const graph = graphFromModel(readModel(model));
  const inputs = graph.inputs.map(({ name }) => name);
  if (!inputs.includes(input)) throw lacks('input', input, inputs);
  if (!graph.outputs.includes(output)) throw lacks('output', output, graph.outputs);
  return widenHalves(graph);
}

/** The same graph with {@link pixelsName} for its input and one output: the features, or the tokens they are taken from. */
export function standardNames(
  graph: OnnxGraph,
  { input, output, take }: Omit<ImageGraph, 'model'>,
): OnnxGraph {
  const final = take === 'all' ? featuresName : tokensName;
  const names = new Map([
    [pixelsName, `${pixelsName}/inner`],
    [featuresName, `${featuresName}/inner`],
    [input, pixelsName],
    [output, final],
  ]);
  for (const weight of graph.initializers.keys()) names.delete(weight); // weights keep their names
  return { ...renameValues(graph, names), outputs: [final] };
}

/**
 * Weights that are stored as half floats and cast before use become float32 under the name of the cast value: training
 * changes float32 only, and small steps would be lost to 11 bits.
 */
function widenHalves(graph: OnnxGraph): OnnxGraph {
  const initializers = new Map(graph.initializers);
  const types = new Map(graph.types);
  const nodes = graph.nodes.filter((node) => {
    const tensor = graph.initializers.get(node.inputs[0] ?? '');
    const widened = node.outputs[0]!;
    if (node.opType !== 'Cast' || node.attributes['to'] !== float32 || tensor === undefined) {
      return true;
    }
    if (tensor.dtype !== 'float16' || graph.outputs.includes(widened)) return true;
    const data = fromFloat16(tensor.data as Uint16Array);
    initializers.set(widened, { dtype: 'float32', dims: tensor.dims, data });
    types.set(widened, { elementType: 'float32', dims: tensor.dims });
    return false;
  });
  if (nodes.length === graph.nodes.length) return graph;
  const read = new Set([...graph.outputs, ...nodes.flatMap(({ inputs }) => inputs)]);
  for (const [name, { dtype }] of graph.initializers) {
    if (dtype !== 'float16' || read.has(name)) continue;
    initializers.delete(name);
    types.delete(name);
  }
  return { ...graph, nodes, initializers, types };
}

/** Inputs, from a position on, whose numbers are no weights: factors of a size, statistics of past batches. */
const settingsFrom: Readonly<Record<string, number>> = {
  Resize: 1,
  Upsample: 1,
  BatchNormalization: 3,
};

/** Names of the constants that training may change, those of other element types than float32 among them. */
export function trainableNames(graph: OnnxGraph): string[] {
  const settings = new Set(
    graph.nodes.flatMap(({ opType, inputs }) => inputs.slice(settingsFrom[opType] ?? Infinity)),
  );
  return weightsOf(graph).filter((name) => !settings.has(name));
}

/** FLOAT of ONNX's TensorProto.DataType. */
const float32 = 1n;

function renameValues(graph: OnnxGraph, names: ReadonlyMap<string, string>): OnnxGraph {
  const rename = (name: string): string => names.get(name) ?? name;
  const renameKeys = <T>(map: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...map].map(([name, value]) => [rename(name), value]));
  return {
    ...graph,
    inputs: graph.inputs.map((input) => ({ ...input, name: rename(input.name) })),
    nodes: graph.nodes.map((node): GraphNode => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
    initializers: renameKeys<OnnxTensor>(graph.initializers),
    types: renameKeys(graph.types),
  };
}

function lacks(what: string, name: string, found: readonly string[]): ClError {
  return new ClError(
    'INVALID_MODEL',
    `openImageModel: the graph has the ${what}s ${found.join(', ')}, expected "${name}" among them. ` +
      'Name the right one in what the backbone’s graph() returns.',
  );
}
