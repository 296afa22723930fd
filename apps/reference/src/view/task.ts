/** How a command that is not a run shows long work: downloads, unpacking, checks. */
import type { Progress } from '@cl/hub';
import { createLogUpdate } from 'log-update';
import { bar, bytes, clip, plain, right } from './format.ts';
import { isColoured } from './style.ts';

/** Shows how long work goes on. */
export interface TaskView {
  readonly progress: (progress: Progress) => void;
  /** Leaves the cursor on an empty line; safe to call twice. */
  readonly close: () => void;
}

/** Redrawn in place on a terminal, a line a phase elsewhere, nothing when `silent`. */
export function showTask(stream: NodeJS.WriteStream, silent: boolean): TaskView {
  if (silent) return { progress: () => undefined, close: () => undefined };
  return isColoured(stream) ? redrawn(stream) : plainLines(stream);
}

/** One line that is redrawn, at most twelve times a second. */
function redrawn(stream: NodeJS.WriteStream): TaskView {
  const draw = createLogUpdate(stream);
  let last = 0;
  return {
    progress({ phase, done, total }) {
      if (performance.now() - last < 80) return;
      last = performance.now();
      const share = total > 0 ? done / total : 0;
      const amount = phase.startsWith('download') ? `${bytes(done)} of ${bytes(total)}` : '';
      const line = `${bar(share, 24)} ${right(`${Math.floor(share * 100)} %`, 5)}  ${plain(phase)}  ${amount}`;
      draw(clip(line, (stream.columns || 80) - 1));
    },
    close() {
      draw.clear();
      draw.done();
    },
  };
}

/** A line a phase, and one for every tenth of a download. */
function plainLines(stream: NodeJS.WriteStream): TaskView {
  let last = '';
  return {
    progress({ phase, done, total }) {
      const tenth = phase.startsWith('download') ? Math.floor((done / Math.max(1, total)) * 10) : 0;
      const line = tenth === 0 ? phase : `${phase}: ${tenth * 10} % of ${bytes(total)}`;
      if (line === last) return;
      last = line;
      stream.write(`${plain(line)}\n`);
    },
    close: () => undefined,
  };
}
