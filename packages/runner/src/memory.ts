/** The highest resident set size of the process during a piece of work. */

/** Watches memory until it is stopped. */
export interface MemoryWatch {
  /** Highest resident set size seen so far, in bytes. */
  peak(): number;
  stop(): void;
}

const sampleMs = 100;

/**
 * Starts watching. Samples miss what happens while the event loop is blocked, so the operating
 * system's own high-water mark is used whenever it moved: then the peak happened during the watch.
 */
export function watchMemory(): MemoryWatch {
  const before = highWaterMark();
  let sampled = process.memoryUsage.rss();
  const sample = (): void => {
    sampled = Math.max(sampled, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, sampleMs);
  timer.unref();
  return {
    peak: () => {
      sample();
      const after = highWaterMark();
      return after > before ? Math.max(after, sampled) : sampled;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** `maxRSS` is in kilobytes on every platform that libuv supports. */
function highWaterMark(): number {
  return process.resourceUsage().maxRSS * 1024;
}
