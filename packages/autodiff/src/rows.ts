/** Cutting batches and joining what came of them, along the first axis. */
import { ClError, type Tensor } from '@cl/hub';
import type { Batch } from './batch.ts';
import { sizeOf } from './dims.ts';

/**
 * Rows [from, to) of a batch: views, not copies.
 *
 * @throws ClError `SHAPE_MISMATCH` for a feed whose first axis is not the rows.
 */
export function takeRows({ rows, feeds }: Batch, from: number, to: number): Batch {
  const cut = ([name, tensor]: [string, Tensor]): [string, Tensor] => {
    const { dtype, dims, data } = tensor;
    if (dims[0] !== rows) throw notRows(`"${name}"`, dims, rows);
    const width = sizeOf(dims.slice(1));
    const part = data.subarray(from * width, to * width);
    return [name, { dtype, dims: dims.with(0, to - from), data: part }];
  };
  return { rows: to - from, feeds: Object.fromEntries(Object.entries(feeds).map(cut)) };
}

/**
 * A batch as micro-batches of at most so many rows, for one step of a trainer: views, not copies.
 *
 * @throws ClError `SHAPE_MISMATCH` for a feed whose first axis is not the rows.
 */
export function splitBatch(batch: Batch, rows: number): readonly Batch[] {
  const starts = Array.from({ length: Math.ceil(batch.rows / rows) }, (_, i) => i * rows);
  return starts.map((from) => takeRows(batch, from, Math.min(from + rows, batch.rows)));
}

/**
 * Tensors one below the other.
 *
 * @throws ClError `SHAPE_MISMATCH` when their first axes are not the rows.
 */
export function joinRows(name: string, parts: readonly Tensor[], rows: number): Tensor {
  const { dtype, dims, data } = parts[0]!;
  const total = parts.reduce((sum, part) => sum + (part.dims[0] ?? 0), 0);
  if (total !== rows) throw notRows(`output "${name}"`, dims, rows);
  const joined = new (data.constructor as new (length: number) => Float32Array)(
    rows * sizeOf(dims.slice(1)),
  );
  let offset = 0;
  for (const part of parts) {
    joined.set(part.data as Float32Array, offset);
    offset += part.data.length;
  }
  return { dtype, dims: dims.with(0, rows), data: joined };
}

function notRows(what: string, dims: readonly number[], rows: number): ClError {
  return new ClError(
    'SHAPE_MISMATCH',
    `rows: ${what} is [${dims.join(', ')}], expected ${rows} rows as its first axis. ` +
      'Run the batch whole (an evaluator without the option rows), or give the graph such a value.',
  );
}
