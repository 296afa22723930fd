/** Rewriting the graph of a model whose weights may lie in files: these stay there, unread. */
import { elementTypeOf } from './element-type.ts';
import { isExternal } from './external-data.ts';
import type { GraphProto, TensorProto } from './generated/onnx_pb.ts';
import { valueInfo } from './graph-builder.ts';
import { graphFromModel, modelFromGraph } from './graph-model.ts';
import type { OnnxGraph } from './graph.ts';
import type { Initializer, Model } from './model.ts';

/**
 * Rewrites the graph of a model. Weights outside are inputs of the graph meanwhile: their sizes are known, their
 * numbers are not. In the result they are weights again, at the same place, those that are still read.
 *
 * @param model - as `readModelOutline` of `@cl/onnx/node` gives it, or any other.
 * @param rewrite - from graph to graph; keeps the names of inputs. `undefined` gives up.
 * @returns the model, or `undefined` when `rewrite` gave up.
 * @throws ClError as `graphFromModel` and `modelFromGraph` do.
 */
export function rewriteModel(
  model: Model,
  rewrite: (graph: OnnxGraph) => OnnxGraph | undefined,
): Model | undefined {
  const { graph } = model;
  if (graph === undefined) return undefined;
  const outside = new Map<string, Initializer>();
  for (const tensor of graph.initializer) if (isExternal(tensor)) outside.set(tensor.name, tensor);
  const isOutside = ({ name }: { readonly name: string }): boolean => outside.has(name);
  const inputs = [...outside.values()].flatMap((tensor) => {
    const type = elementTypeOf(tensor.dataType);
    return type === undefined ? [] : [valueInfo(tensor.name, type, tensor.dims.map(Number))];
  });
  const open = graphFromModel({
    ...model,
    graph: {
      ...graph,
      input: [...graph.input.filter((input) => !isOutside(input)), ...inputs],
      initializer: graph.initializer.filter((tensor) => !isOutside(tensor)),
    },
  });
  const rewritten = rewrite(open);
  if (rewritten === undefined) return undefined;
  const read = new Set([...rewritten.nodes.flatMap((node) => node.inputs), ...rewritten.outputs]);
  const result = modelFromGraph(rewritten);
  const { input, initializer } = result.graph as GraphProto;
  const left = [...outside.values()].filter(({ name }) => read.has(name)) as TensorProto[];
  return {
    ...result,
    graph: {
      ...result.graph!,
      input: input.filter((info) => !isOutside(info)),
      initializer: [...initializer, ...left],
    },
  };
}
