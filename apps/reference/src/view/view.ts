/** How a command shows a run that goes on. */
import type { RunEvent } from '@cl/runner';
import { createPlainView } from './plain.ts';
import { createStyle, isColoured, type Style } from './style.ts';

/** Shows a run. */
export interface View {
  readonly style: Style;
  /** Columns to write in. */
  readonly width: () => number;
  event(event: RunEvent): void;
  /** Says something besides, such as that the run is being stopped. */
  note(text: string): void;
  /** Stops drawing and leaves the cursor on a new line; safe to call twice. */
  close(): void;
}

/** Redrawn in place on a terminal, plain lines elsewhere or under NO_COLOR, nothing when `silent`. */
export async function createView(stream: NodeJS.WriteStream, silent: boolean): Promise<View> {
  if (silent) {
    const nothing = (): void => undefined;
    return {
      style: createStyle(false),
      width: () => 80,
      event: nothing,
      note: nothing,
      close: nothing,
    };
  }
  if (!isColoured(stream)) return createPlainView(stream);
  const { createLiveView } = await import('./live.ts');
  return createLiveView(stream);
}
