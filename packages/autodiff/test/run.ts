/** Graphs of a few nodes, and running them on onnxruntime. */
import { Emitter, backward, gradientName, type Value } from '@cl/autodiff';
import type { RealArray } from '@cl/hub';
import {
  modelFromGraph,
  writeModel,
  type ElementType,
  type OnnxGraph,
  type OnnxTensor,
} from '@cl/onnx';
import type { VectorFunction, VectorJacobianProduct } from '@cl/testing';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** A graph without anything in it. */
export function emptyGraph(opset = 21): OnnxGraph {
  return {
    opset,
    domains: {},
    inputs: [],
    outputs: [],
    nodes: [],
    initializers: new Map(),
    types: new Map(),
  };
}

/** Runs a graph on the CPU. */
export async function runGraph(
  graph: OnnxGraph,
  feeds: Readonly<Record<string, OnnxTensor>>,
): Promise<Record<string, RealArray>> {
  const session = await InferenceSession.create(writeModel(modelFromGraph(graph)), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  try {
    const inputs = Object.entries(feeds).map(
      ([name, { dtype, data, dims }]) =>
        [name, new Tensor(dtype as 'float32', data as Float32Array, dims)] as const,
    );
    const results = await session.run(Object.fromEntries(inputs));
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, data as RealArray]),
    );
  } finally {
    await session.release();
  }
}

/** What to differentiate: values from values. */
export type Body = (g: Emitter, xs: readonly Value[]) => Value;

/** A graph y = body(x0, x1, …) on inputs of the given sizes. */
export function graphOf(
  body: Body,
  shapes: readonly (readonly number[])[],
  elementType: ElementType,
  opset?: number,
): OnnxGraph {
  const g = new Emitter(emptyGraph(opset));
  const xs = shapes.map((dims, i) => g.input(`x${i}`, elementType, dims));
  return g.build([g.rename(body(g, xs), 'y')]);
}

/** The function and the vector–Jacobian product of a graph y(x0, x1, …), as `checkVjp` takes them. */
export function functionsOf(graph: OnnxGraph): { f: VectorFunction; vjp: VectorJacobianProduct } {
  const names = graph.inputs.map(({ name }) => name);
  const g = new Emitter(graph);
  const y = g.value('y');
  const u = g.input('u', y.elementType, y.dims);
  const loss = g.rename(g.sumAll(g.mul(u, y)), 'loss'); // ∂⟨u, y⟩/∂x = Jᵀu
  const both = backward(g.build([loss]), { loss: 'loss', wrt: names });
  const feeds = (xs: readonly RealArray[]) =>
    Object.fromEntries(
      graph.inputs.map((input, i) => [input.name, tensor(xs[i]!, input.dims as number[])]),
    );
  return {
    f: async (xs) => (await runGraph(graph, feeds(xs)))['y']!,
    vjp: async (xs, du) => {
      const results = await runGraph(both, { ...feeds(xs), u: tensor(du, y.dims) });
      return names.map((name) => results[gradientName(name)]!);
    },
  };
}

/** Numbers with a shape. */
export function tensor(data: RealArray, dims: readonly number[]): OnnxTensor {
  return { dtype: data instanceof Float32Array ? 'float32' : 'float64', dims, data };
}
