/** How many of the machine's cores this thread's work may use. */

let share = 0;

/**
 * Threads that an onnxruntime session made by this thread should have; 0, the default: as many as there are cores.
 * Options of a plugin that say a number come first.
 */
export function sessionThreads(): number {
  return share;
}

/** Sets it for sessions made from now on by this thread: whoever works in several threads gives each its share. */
export function setSessionThreads(count: number): void {
  share = count;
}
