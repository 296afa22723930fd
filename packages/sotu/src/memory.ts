/** Whether a task fits into memory: asked before anything is done, and answered in words when it turns out not to. */
import { freemem } from 'node:os';
import { ClError } from '@cl/hub';
import { mergeRules } from './merge-rules.ts';
import type { SotuOptions } from './options.ts';

/**
 * Bytes that learning a task needs beside activations: float32 copies of what is trained, for start, training values,
 * gradients and their sum, the optimiser's history, what passes to and from the thread that runs it, δ, the rule's sums
 * before and after, and the merged weights; and float64 G with its copy and factor for classifier ridge.
 */
export function bytesNeeded(options: SotuOptions, trained: number, featureDim: number): number {
  const history = options.optimizer === 'sgd' ? 1 : 2;
  const rule = mergeRules[options.merge];
  const copies = 8 + history + 2 * rule.remembers.length;
  const hidden = options.hiddenDim || featureDim;
  const gram = options.classifier === 'ridge' ? 3 * 8 * hidden * hidden : 0;
  return 4 * copies * trained + gram;
}

/**
 * Refuses work that does not fit.
 *
 * @throws ClError `OUT_OF_MEMORY`.
 */
export function assertMemory(needed: number, available: number = availableMemory()): void {
  if (needed <= available) return;
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new ClError(
    'OUT_OF_MEMORY',
    `sotu: a task needs about ${gib(needed)} beside activations, expected at most the ${gib(available)} that are free. ` +
      'Train fewer weights (train "qkv", some layers), use optimizer "sgd" or a smaller hiddenDim, or free memory.',
  );
}

/**
 * Does work; an allocation that fails becomes an error that says what to do.
 *
 * @throws ClError `OUT_OF_MEMORY`, and what the work throws.
 */
export async function orOutOfMemory<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ClError(
      'OUT_OF_MEMORY',
      `sotu: memory ran out (${cause.message}), expected room for the task. Nothing was learned. ` +
        'Train fewer weights or smaller batches, or free memory.',
      { cause },
    );
  }
}

/** What the process may still take: the limit of its container counts where Node can tell. */
function availableMemory(): number {
  const { availableMemory: ofProcess } = process as { availableMemory?: () => number };
  return ofProcess === undefined ? freemem() : ofProcess.call(process);
}
