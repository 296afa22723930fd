/** Candidates for learners that know only what they were taught. */
import { ClError, type ClassInfo, type ClassRegistry } from '@cl/hub';

/**
 * The candidates, or all classes seen, with the column of each.
 *
 * @throws ClError `NOT_LEARNED` when nothing was learned, `UNKNOWN_CLASS` when a candidate was never seen.
 */
export function knownCandidates(
  learner: string,
  seen: ClassRegistry,
  candidates: readonly ClassInfo[] = seen.all,
): { readonly classes: readonly ClassInfo[]; readonly columns: readonly number[] } {
  if (seen.size === 0) {
    throw new ClError(
      'NOT_LEARNED',
      `${learner}: asked for predictions before it learned anything, expected learn first. Teach it an experience.`,
    );
  }
  const columns = candidates.map(({ id }) => {
    const column = seen.position(id);
    if (column !== undefined) return column;
    throw new ClError(
      'UNKNOWN_CLASS',
      `${learner}: candidate "${id}" was never learned, expected classes among the ${seen.size} seen. ` +
        'Leave it out, or use a learner with an open vocabulary.',
    );
  });
  return { classes: [...candidates], columns };
}

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

/** The error of a learner that was disposed of. */
export function disposedError(learner: string): ClError {
  return new ClError(
    'DISPOSED',
    `${learner}: used after dispose(), expected a live learner. Load it again.`,
  );
}
