/** Gives the event loop a turn: timers, signals and other requests run between two panels of long work. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
