/** How a command that is not a run shows long work: downloads, unpacking, checks. */
import type { Progress } from '@cl/hub';
import { createLogUpdate } from 'log-update';
import { bar, bytes, clip, duration, plain, right } from './format.ts';
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
  const timeLeft = timeLeftOf(() => performance.now());
  let last = 0;
  return {
    progress(progress) {
      const rest = timeLeft(progress);
      if (performance.now() - last < 80) return;
      last = performance.now();
      draw(clip(taskLine(progress, rest), (stream.columns || 80) - 1));
    },
    close() {
      draw.clear();
      draw.done();
    },
  };
}

/** `━━━━────  48 %  download me/pets  31 MB of 65 MB  8 s left`. */
export function taskLine({ phase, done, total }: Progress, rest: number | undefined): string {
  const share = total > 0 ? done / total : 0;
  const amount = isTransfer(phase) ? `  ${bytes(done)} of ${bytes(total)}` : '';
  const time = rest === undefined ? '' : `  ${duration(rest)} left`;
  return `${bar(share, 24)} ${right(`${Math.floor(share * 100)} %`, 5)}  ${plain(phase)}${amount}${time}`;
}

/** Milliseconds that a phase still needs at its pace so far; `undefined` in its first second. */
export function timeLeftOf(now: () => number): (progress: Progress) => number | undefined {
  let phase = '';
  let from = { at: 0, done: 0 };
  return (progress) => {
    if (progress.phase !== phase) {
      phase = progress.phase;
      from = { at: now(), done: progress.done };
    }
    const spent = now() - from.at;
    const did = progress.done - from.done;
    if (spent < 1000 || did <= 0 || progress.done >= progress.total) return undefined;
    return (spent / did) * (progress.total - progress.done);
  };
}

function isTransfer(phase: string): boolean {
  return /^(?:down|up)load/u.test(phase);
}

/** A line a phase, and one for every tenth of a transfer. */
function plainLines(stream: NodeJS.WriteStream): TaskView {
  let last = '';
  return {
    progress({ phase, done, total }) {
      const tenth = isTransfer(phase) ? Math.floor((done / Math.max(1, total)) * 10) : 0;
      const line = tenth === 0 ? phase : `${phase}: ${tenth * 10} % of ${bytes(total)}`;
      if (line === last) return;
      last = line;
      stream.write(`${plain(line)}\n`);
    },
    close: () => undefined,
  };
}
