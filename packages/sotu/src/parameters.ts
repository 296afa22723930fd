/** Which weights of a backbone are fine-tuned, and what masks need to know of them. */
import { ClError } from '@cl/hub';
import { attentionSites, consumersOf, type GraphNode } from '@cl/onnx';
import type { ImageModel, WeightPlace } from '@cl/training';
import type { HeadLayout } from './groups.ts';

/** All weights, the matrices inside the blocks, or those of one part of each block. */
export type ParameterSelection = 'all' | 'matrices' | 'attention' | 'qkv' | 'mlp';

/** A weight that is fine-tuned. */
export interface TunedParameter {
  readonly name: string;
  readonly dims: readonly number[];
  /** How many numbers it holds. */
  readonly length: number;
  /** The block it counts to, from 0; what comes before the first to that, what comes after the last to that. */
  readonly layer: number;
  readonly heads?: HeadLayout;
}

const attention: readonly string[] = ['query', 'key', 'value', 'qkv', 'attention-output'];

/** Whether a selection takes a weight. */
const takes: Readonly<Record<ParameterSelection, (place: WeightPlace) => boolean>> = {
  all: () => true,
  matrices: ({ matrix, block }) => matrix && block !== undefined,
  attention: ({ matrix, role }) => matrix && attention.includes(role),
  qkv: ({ matrix, role }) => matrix && attention.slice(0, 4).includes(role),
  mlp: ({ matrix, role }) => matrix && role === 'mlp',
};

/**
 * The weights of a selection, in the model's order.
 *
 * @param model - the backbone, opened.
 * @param selection - which parts of a block.
 * @param layers - numbers of blocks, −1 being the last; all when empty.
 * @throws ClError `INVALID_OPTION` when the model has no such block or no such weight.
 */
export function tunedParameters(
  model: ImageModel,
  selection: ParameterSelection,
  layers: readonly number[] = [],
): readonly TunedParameter[] {
  const blocks = Math.max(1, model.blocks);
  const wanted = layers.map((layer) => (layer < 0 ? layer + blocks : layer));
  const outside = layers.find((_, i) => wanted[i]! < 0 || wanted[i]! >= blocks);
  if (outside !== undefined) {
    throw new ClError(
      'INVALID_OPTION',
      `sotu: option layers names block ${outside}, expected numbers from ${-blocks} to ${blocks - 1}: the backbone has ` +
        `${blocks} blocks. −1 is the last.`,
    );
  }
  const chosen = [...model.places].filter(
    ([, place]) =>
      takes[selection](place) &&
      (wanted.length === 0 || (place.block !== undefined && wanted.includes(place.block))),
  );
  if (chosen.length === 0) {
    throw new ClError(
      'INVALID_OPTION',
      `sotu: the backbone has no weight that option train "${selection}" takes in the blocks of option layers, expected ` +
        `at least one of its ${model.places.size}. Choose train "all" or other layers.`,
    );
  }
  const heads = headLayouts(model, new Map(chosen));
  return chosen.map(([name, { block, role }]) => {
    const { dims, data } = model.weights.get(name)!;
    const layer = block ?? (role === 'final' ? blocks - 1 : 0);
    const layout = heads.get(name);
    return { name, dims, length: data.length, layer, ...(layout && { heads: layout }) };
  });
}

/** Heads lie side by side in what makes queries, keys and values, and in what reads the attended values. */
function headLayouts(
  model: ImageModel,
  chosen: ReadonlyMap<string, WeightPlace>,
): ReadonlyMap<string, HeadLayout> {
  const layouts = new Map<string, HeadLayout>();
  const graph = model.graph(1, { parameters: [...chosen.keys()] });
  const sizes = attentionSites(graph).map(({ headDim }) => headDim);
  const readers = consumersOf(graph);
  for (const [name, { block, role, matrix }] of chosen) {
    const size = sizes[block ?? -1];
    if (size === undefined || !matrix || !attention.includes(role)) continue;
    const outputAxis = outputAxisOf(readers.get(name)?.[0], name);
    const axis = role === 'attention-output' ? 1 - outputAxis : outputAxis;
    layouts.set(name, { axis: axis as 0 | 1, size });
  }
  return layouts;
}

/** Which axis of W counts the outputs of x·W: 1, unless W is transposed on the way. */
function outputAxisOf(reader: GraphNode | undefined, name: string): 0 | 1 {
  if (reader?.opType === 'Transpose') return 0;
  if (reader?.opType === 'Gemm' && reader.inputs[1] === name) {
    return Number(reader.attributes['transB'] ?? 0) === 1 ? 0 : 1;
  }
  return 1;
}
