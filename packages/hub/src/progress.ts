/** How long work reports on itself and how it is cancelled; the same everywhere. */

/** A step of long work. */
export interface Progress {
  /** What is being done, in words a person reads: "features", "solve". */
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** Accepted by everything that may take more than a blink. */
export interface WorkOptions {
  /** Cancels the work; it then throws `ABORTED` and leaves everything as it was. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}
