/** A graph and its rewritten form, run on the same noise. */
import { graphFromModel, modelFromGraph, readModel, writeModel, type OnnxGraph } from '@cl/onnx';
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';

/** Numbers between −2 and 2, the same for the same sizes. */
export function noise(dims: readonly number[]): Tensor {
  const length = dims.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 2);
  return new Tensor('float32', data, dims);
}

/** A model file as a graph; `path` counts from the tests. */
export async function graphOf(path: string): Promise<OnnxGraph> {
  return graphFromModel(readModel(await readFile(new URL(path, import.meta.url))));
}

/** The outputs of a graph for its first input, on one thread. */
export async function run(
  graph: OnnxGraph,
  input: Tensor,
): Promise<readonly [Tensor, ...Tensor[]]> {
  const options = { logSeverityLevel: 3, intraOpNumThreads: 1 } as const;
  const session = await InferenceSession.create(writeModel(modelFromGraph(graph)), options);
  const results = await session.run({ [session.inputNames[0]!]: input });
  await session.release();
  const [first, ...others] = graph.outputs.map((name) => results[name]!);
  return [first!, ...others];
}

/** Expects first outputs of equal sizes, and numbers that are equal up to `tolerance` times the largest. */
export async function expectSame(
  a: OnnxGraph,
  b: OnnxGraph,
  input: Tensor,
  tolerance: number,
): Promise<void> {
  const [[wanted], [gotten]] = [await run(a, input), await run(b, input)];
  expect(gotten.dims).toEqual(wanted.dims);
  const [want, got] = [wanted.data as Float32Array, gotten.data as Float32Array];
  const largest = want.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  const apart = want.reduce((max, x, i) => Math.max(max, Math.abs(x - got[i]!)), 0);
  expect(largest).toBeGreaterThan(0.1);
  expect(apart / largest).toBeLessThan(tolerance);
}
