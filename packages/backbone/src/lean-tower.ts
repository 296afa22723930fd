/**
 * An image tower with less work than its file asks for. Tokens that nobody reads are not computed: in the last block of a
 * transformer of which the class token is taken, the queries, the output projection and the MLP of all others, 7 % of
 * a ViT-B/16. Attention is one operator, and rows of the MLP lie so that the cache holds several: 3 to 8 % together.
 *
 * Only the graph is written anew: its weights stay in the file, from which onnxruntime maps them, so that loading
 * copies less than loading the file itself.
 */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  dropUnreadTokens,
  fuseAttention,
  padAlignedRows,
  rewriteForAnyBatch,
  rewriteModel,
  writeModel,
} from '@cl/onnx';
import type { GraphNode, OnnxGraph, OnnxTensor } from '@cl/onnx';
import { readModelOutline } from '@cl/onnx/node';
import type { Tower } from './worker-messages.ts';

/** A model to run instead of a file. */
export interface LeanTower {
  readonly model: Uint8Array;
  /** Where its weights are. */
  readonly folder: string;
  /** Its only output, [N, D]. */
  readonly output: string;
}

/**
 * The lean form of a tower, the same at any number of images.
 *
 * @returns `undefined` when there is none: nothing to save, operators that are not known here, a batch size that the
 * export fixed. The file itself is then what runs.
 */
export async function leanTower({
  path,
  output,
  imageSize,
}: Tower): Promise<LeanTower | undefined> {
  if (imageSize === undefined) return undefined;
  try {
    const file = await realpath(path); // Python's cache has links to files elsewhere
    const pixels = { name: 'pixel_values', dims: [3, imageSize, imageSize] };
    let name = '';
    const model = rewriteModel(await readModelOutline(file), (whole) => {
      const graph = onlyRead(whole, output);
      name = graph?.outputs[0] ?? '';
      return graph && rewriteForAnyBatch(graph, pixels, lean);
    });
    return model && { model: writeModel(model), folder: dirname(file), output: name };
  } catch {
    return undefined; // whatever is wrong with the file, loading it says so better
  }
}

function lean(graph: OnnxGraph): OnnxGraph {
  return padAlignedRows(fuseAttention(dropUnreadTokens(graph)));
}

/** The graph with the features as its only output. */
function onlyRead(graph: OnnxGraph, { name, take }: Tower['output']): OnnxGraph | undefined {
  if (!graph.outputs.includes(name)) return undefined;
  if (take === 'all') return { ...graph, outputs: [name] };
  if (graph.types.get(name)?.dims.length !== 3) return undefined; // no [N, T, D]
  const features = `${name}/first-token`;
  const zero: OnnxTensor = { dtype: 'int64', dims: [], data: BigInt64Array.of(0n) };
  const gather: GraphNode = {
    opType: 'Gather',
    domain: '',
    name: features,
    inputs: [name, `${features}/index`],
    outputs: [features],
    attributes: { axis: 1n },
  };
  return {
    ...graph,
    outputs: [features],
    nodes: [...graph.nodes, gather],
    initializers: new Map([...graph.initializers, [`${features}/index`, zero]]),
  };
}
