/** What a training or an evaluation is fed, and the check of it before it reaches native code. */
import { ClError, type Tensor } from '@cl/hub';
import { printType, type OnnxGraph } from '@cl/onnx';

/** Some rows to learn from, or to run, together. */
export interface Batch {
  /** N; the graph is asked for by it. */
  readonly rows: number;
  /** The graph's inputs that are no parameters, by name; bool as uint8. Not modified. */
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** What is expected beside the graph's inputs. */
export interface BatchExpectation {
  /** Who asks, for messages. */
  readonly owner: 'trainer' | 'evaluator';
  readonly parameters: ReadonlyMap<string, unknown>;
  readonly classCounts?: Readonly<Record<string, number>>;
}

/**
 * Refuses a batch that the graph cannot take.
 *
 * @throws ClError `INVALID_DATA` for missing or unknown feeds, `SHAPE_MISMATCH` for another size or type,
 * `UNKNOWN_CLASS` for labels outside their classes.
 */
export function assertBatch(
  batch: Batch,
  graph: OnnxGraph,
  { owner, parameters, classCounts = {} }: BatchExpectation,
): void {
  const inputs = graph.inputs.filter(({ name }) => !parameters.has(name));
  const names = inputs.map(({ name }) => name);
  const unknown = Object.keys(batch.feeds).find((name) => !names.includes(name));
  const missing = names.find((name) => batch.feeds[name] === undefined);
  if (unknown !== undefined || missing !== undefined) {
    const found = unknown === undefined ? `nothing for "${missing ?? ''}"` : `"${unknown}"`;
    throw new ClError(
      'INVALID_DATA',
      `${owner}: the batch has ${found}, expected ${names.join(', ')}. Feed every input of the graph that is no parameter.`,
    );
  }
  for (const input of inputs) {
    const { dtype, dims } = batch.feeds[input.name]!;
    const type = dtype === 'uint8' && input.elementType === 'bool' ? 'bool' : dtype;
    if (type === input.elementType && dims.join() === input.dims.join()) continue;
    throw new ClError(
      'SHAPE_MISMATCH',
      `${owner}: "${input.name}" is ${dtype}[${dims.join(', ')}], expected ${printType(input)}. ` +
        'Resize the images to what the model takes, and give rows the number of rows.',
    );
  }
  for (const [name, count] of Object.entries(classCounts)) {
    for (const label of batch.feeds[name]?.data ?? []) {
      if (label >= 0 && label < count) continue;
      throw new ClError(
        'UNKNOWN_CLASS',
        `${owner}: "${name}" holds the label ${label}, expected 0 to ${count - 1}. Map class ids to columns of the head.`,
      );
    }
  }
}
