/** Which constants of a graph are to be trained. */
import { ClError } from '@cl/hub';
import { typeOfTensor, type OnnxGraph, type OnnxTensor } from '@cl/onnx';

/** A graph that takes its parameters as inputs, and their first values. */
export interface ParameterizedGraph {
  readonly graph: OnnxGraph;
  readonly parameters: ReadonlyMap<string, OnnxTensor>;
}

/**
 * Turns initializers into inputs, in the order of the names. Do it before `simplify`, which would fold a constant that
 * is transposed or expanded before its use into another one.
 *
 * @throws ClError `NOT_FOUND` for a name that is no initializer.
 */
export function parameterize(graph: OnnxGraph, names: readonly string[]): ParameterizedGraph {
  const parameters = new Map(names.map((name) => [name, initializer(graph, name)]));
  const inputs = [...parameters].map(([name, tensor]) => ({ name, ...typeOfTensor(tensor) }));
  const rest = [...graph.initializers].filter(([name]) => !parameters.has(name));
  return {
    graph: { ...graph, inputs: [...graph.inputs, ...inputs], initializers: new Map(rest) },
    parameters,
  };
}

function initializer(graph: OnnxGraph, name: string): OnnxTensor {
  const tensor = graph.initializers.get(name);
  if (tensor !== undefined) return tensor;
  throw new ClError(
    'NOT_FOUND',
    `parameterize: "${name}" is no constant of the graph, expected one of its ${graph.initializers.size} ` +
      'initializers. Look at printGraph(graph) for their names.',
  );
}
