/** Names of kept samples, so that they can be found again when they are to be forgotten. */
import { ClError, type Sample, type UnlearnRequest } from '@cl/hub';

/** Image ids are unique in a dataset only, so the class goes with them. */
export function keyOf({ classId, image }: Pick<Sample, 'classId' | 'image'>): string {
  return `${classId}\n${image.id}`; // ids of classes hold no control characters
}

/**
 * The rows that a request is about; of an image that was learned more than once as many as are asked for.
 *
 * @throws ClError `INVALID_DATA` when a sample was never learned.
 */
export function chosenRows(keys: readonly string[], request: UnlearnRequest): Set<number> {
  if (request.kind === 'class') {
    const prefix = `${request.classId}\n`;
    return new Set([...keys.keys()].filter((row) => keys[row]!.startsWith(prefix)));
  }
  const rows = new Map<string, number[]>();
  keys.forEach((key, row) => {
    const known = rows.get(key);
    if (known === undefined) rows.set(key, [row]);
    else known.push(row);
  });
  return new Set(
    request.samples.map((sample) => {
      const row = rows.get(keyOf(sample))?.pop();
      if (row !== undefined) return row;
      throw new ClError(
        'INVALID_DATA',
        `rail: image "${sample.image.id}" of class "${sample.classId}" is to be unlearned, expected a sample that was ` +
          'learned and is still there. Pass samples as they were learned, each once.',
      );
    }),
  );
}
