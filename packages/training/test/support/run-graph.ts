/** Graphs on onnxruntime. */
import type { Tensor as HubTensor } from '@cl/hub';
import { modelFromGraph, writeModel, type OnnxGraph, type OnnxTensor } from '@cl/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';

type Feeds = Readonly<Record<string, HubTensor | OnnxTensor>>;

/** Outputs of a graph. */
export async function runGraph(
  graph: OnnxGraph,
  feeds: Feeds,
): Promise<Record<string, Float32Array>> {
  return runModel(writeModel(modelFromGraph(graph)), feeds);
}

/** Outputs of a serialised model. */
export async function runModel(
  model: Uint8Array,
  feeds: Feeds,
): Promise<Record<string, Float32Array>> {
  const options = { logSeverityLevel: 3, intraOpNumThreads: 1 } as const;
  const session = await InferenceSession.create(model, options);
  try {
    const results = await session.run(
      Object.fromEntries(
        Object.entries(feeds).map(([name, { dtype, data, dims }]) => [
          name,
          new Tensor(dtype as 'float32', data as Float32Array, dims),
        ]),
      ),
    );
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
    );
  } finally {
    await session.release();
  }
}

/** The largest difference between two arrays, relative to the largest element of the second. */
export function apart(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [difference, largest] = [actual.length === expected.length ? 0 : Infinity, 0];
  for (let i = 0; i < expected.length; i += 1) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return difference / largest;
}
