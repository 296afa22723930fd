/** Candidates for learners that know only what they were taught. */
export { disposedError, knownCandidates } from '@cl/hub';

/** Columns of a row-major [n, width] array in another order. */
export function pickColumns(
  values: Float32Array | Float64Array,
  width: number,
  columns: readonly number[],
): Float64Array {
  const rows = values.length / width;
  const picked = new Float64Array(rows * columns.length);
  for (let i = 0; i < rows; i += 1) {
    for (let c = 0; c < columns.length; c += 1) {
      picked[i * columns.length + c] = values[i * width + columns[c]!]!;
    }
  }
  return picked;
}
