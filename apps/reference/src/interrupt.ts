/** Ctrl-C: the first asks to stop at the next safe point, the second stops at once. */

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** A watch for interrupts. */
export interface Interrupts {
  /** Fires at the first interrupt. */
  readonly signal: AbortSignal;
  /** Stops watching. */
  stop(): void;
}

/** Watches; `told` is called at the first interrupt, `last` before the process is ended by the second. */
export function watchInterrupts(told: () => void, last: () => void): Interrupts {
  const controller = new AbortController();
  const handle = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      last();
      process.exit(exitCodes[name as keyof typeof exitCodes]);
    }
    controller.abort(new Error(`the process received ${name}`));
    told();
  };
  for (const name of Object.keys(exitCodes)) process.on(name, handle);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of Object.keys(exitCodes)) process.off(name, handle);
    },
  };
}
