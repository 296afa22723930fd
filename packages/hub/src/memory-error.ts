/** Failed allocations, which JavaScript, WebAssembly, onnxruntime and the operating system each word in their own way. */
import { ClError, isClError } from './errors.ts';

const words =
  /array buffer allocation failed|invalid (?:typed array|array buffer) length: \d{10}|bad_alloc|out of memory|(?:failed|could not|unable) to allocate|not enough memory|\bENOMEM\b/iu;

/**
 * The error to throw in place of a failed allocation.
 *
 * @param where - opens the sentence.
 * @returns `undefined` when the error is something else, or a `ClError` already.
 */
export function memoryError(where: string, error: unknown): ClError | undefined {
  if (!(error instanceof Error) || isClError(error) || !words.test(error.message)) return undefined;
  return new ClError(
    'OUT_OF_MEMORY',
    `${where}: memory ran out (${error.message}), expected room for the work. Close other programs, or take smaller ` +
      'batches, fewer learners at once or a smaller model.',
    { cause: error },
  );
}
