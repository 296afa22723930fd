/** What a {@link ThreadClient} and its thread say to each other. */
import type { SentError } from './sent-error.ts';

/** A call of a method of the thread. */
export interface Call {
  readonly id: number;
  readonly method: string;
  readonly payload: unknown;
}

/** Lets the thread free what it holds and end. */
export const closeMethod = 'close';

/** What a thread says: the answer to a call, or a post of its own. */
export type FromThread =
  | { readonly id: number; readonly result?: unknown; readonly error?: SentError }
  | { readonly post: unknown };
