/**
 * Deltas on disk: the values of all parameters one after the other, 4 bytes each. Drawn positions take none, they follow from
 * the seed; listed ones are kept as gaps between neighbours, 7 bits a byte, most of them one byte.
 */
import { stateTensor, type LearnerState, type Tensor } from '@cl/hub';
import type { SparseParameter, TaskDelta } from './delta.ts';
import { tilesOf, type Grouping } from './groups.ts';
import type { TunedParameter } from './parameters.ts';

/** What is kept of a delta beside tensors: numbers for each parameter, in their order. */
export interface DeltaHeader {
  readonly task: number;
  /** Values kept. */
  readonly counts: readonly number[];
  /** q of drawn masks; `null` where positions are listed. */
  readonly keep: readonly number[] | null;
  /** Share taken before, of disjoint masks. */
  readonly taken: readonly number[] | null;
}

/** How positions are drawn again. */
export interface DeltaSource {
  readonly base: string;
  readonly seed: number;
  readonly parameters: readonly TunedParameter[];
  readonly group: Grouping;
  readonly blockSize: number;
}

/** A delta as header and tensors. */
export function packDelta(
  delta: TaskDelta,
  parameters: readonly TunedParameter[],
): { readonly header: DeltaHeader; readonly tensors: Record<string, Tensor> } {
  const parts = parameters.map(({ name }) => delta.parameters.get(name)!);
  const counts = parts.map(({ values }) => values.length);
  const shapes = parts.map(({ positions }) =>
    positions instanceof Uint32Array ? undefined : positions,
  );
  const drawn = shapes.every((shape) => shape !== undefined);
  const disjoint = drawn && shapes.some((shape) => shape.taken !== undefined);
  const prefix = `delta.${delta.task}`;
  const tensors: Record<string, Tensor> = {
    [`${prefix}.values`]: float32(joined(parts.map(({ values }) => values))),
  };
  if (!drawn) {
    const data = packGaps(parts.map(({ positions }) => positions as Uint32Array));
    tensors[`${prefix}.gaps`] = { dtype: 'uint8', dims: [data.length], data };
  }
  const importance = parts.map((part) => part.importance).filter((part) => part !== undefined);
  if (importance.length > 0) tensors[`${prefix}.importance`] = float32(joined(importance));
  const header = {
    task: delta.task,
    counts,
    keep: drawn ? shapes.map(({ keep }) => keep) : null,
    taken: disjoint ? shapes.map(({ taken = 0 }) => taken) : null,
  };
  return { header, tensors };
}

/**
 * A delta from header and tensors.
 *
 * @throws ClError `CORRUPT_FILE` when a tensor is missing or of another size.
 */
export function unpackDelta(
  state: LearnerState,
  { task, counts, keep, taken }: DeltaHeader,
  { base, seed, parameters, group, blockSize }: DeltaSource,
): TaskDelta {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const read = (what: string): Float32Array =>
    stateTensor('sotu', state, `delta.${task}.${what}`, ['float32'], [total]).data;
  const values = read('values');
  const weighed = state.tensors[`delta.${task}.importance`] !== undefined;
  const importance = weighed ? read('importance') : undefined;
  const listed =
    keep === null
      ? stateTensor('sotu', state, `delta.${task}.gaps`, ['uint8'], [undefined]).data
      : undefined;
  let [from, byte] = [0, 0];
  const sparse = parameters.map(({ name, dims, heads, length }, i): [string, SparseParameter] => {
    const to = from + counts[i]!;
    const own = { length, values: values.slice(from, to) };
    const weights = importance && { importance: importance.slice(from, to) };
    from = to;
    if (listed !== undefined) {
      const positions = new Uint32Array(counts[i]!);
      byte = readGaps(listed, byte, positions);
      return [name, { ...own, positions, ...weights }];
    }
    const tiling = tilesOf(dims, group, { blockSize, heads });
    const shape = { tiling, keep: keep![i]!, ...(taken && { taken: taken[i]! }) };
    return [name, { ...own, positions: shape, ...weights }];
  });
  return { base, seed, task, parameters: new Map(sparse) };
}

/** Ascending positions as differences, low 7 bits first, the top bit set while more follow. */
function packGaps(lists: readonly Uint32Array[]): Uint8Array {
  const bytes = new Uint8Array(5 * lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const positions of lists) {
    let before = 0;
    for (const position of positions) {
      let gap = position - before;
      before = position;
      for (; gap > 127; gap >>>= 7) bytes[at++] = (gap & 127) | 128;
      bytes[at++] = gap;
    }
  }
  return bytes.slice(0, at);
}

/** Fills `positions` from bytes and gives where the next parameter's start. */
function readGaps(bytes: Uint8Array, start: number, positions: Uint32Array): number {
  let [at, position] = [start, 0];
  for (let k = 0; k < positions.length; k += 1) {
    let [gap, unit, byte] = [0, 1, 128];
    while (byte >= 128) {
      byte = bytes[at++] ?? 0; // too few bytes: the merge finds positions that do not ascend
      gap += (byte % 128) * unit;
      unit *= 128;
    }
    position += gap;
    positions[k] = position;
  }
  return at;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function float32(data: Float32Array): Tensor {
  return { dtype: 'float32', dims: [data.length], data };
}
