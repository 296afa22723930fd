/** The view of a run in a terminal: a progress line and the growing matrix of the present trial, redrawn in place. */
import type { RunEvent } from '@cl/runner';
import { createLogUpdate } from 'log-update';
import { bar, bytes, clip, duration, left, percent, plain } from './format.ts';
import { announcement } from './announcement.ts';
import { matrixLines } from './matrix.ts';
import { RunProgress, type TrialView } from './progress.ts';
import { createStyle, type Style } from './style.ts';
import type { View } from './view.ts';

const redrawMs = 80;
/** Trials that have a line of their own. */
const mostBeside = 8;

/** Draws a run on a terminal. Finished matrices stay in the scrollback. */
export function createLiveView(stream: NodeJS.WriteStream): View {
  const draw = createLogUpdate(stream);
  const style = createStyle(true);
  const progress = new RunProgress(() => performance.now());
  const width = (): number => Math.min(stream.columns || 80, 120);
  const height = (): number => stream.rows || 24;
  let notice = '';
  let closed = false;
  const redraw = (): void => {
    if (!closed) draw(frame(progress, notice, width(), height(), style).join('\n'));
  };
  const timer = setInterval(redraw, redrawMs);
  timer.unref();
  return {
    style,
    width,
    event(event: RunEvent): void {
      progress.add(event);
      for (const line of announcement(event)) draw.persist(style.warn(clip(line, width())));
      if (event.type === 'trial-finished') {
        const trial = progress.trial(event);
        draw.persist([...trialLines(progress, trial, width(), style, false), ''].join('\n'));
      }
      if (event.type !== 'progress') redraw();
    },
    note(text: string): void {
      notice = text;
      redraw();
    },
    close(): void {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      draw.clear();
      draw.done();
    },
  };
}

/** All lines of the live part: the matrix of the trial that began first, and a line for each that goes on beside others. */
export function frame(
  progress: RunProgress,
  notice: string,
  width: number,
  height: number,
  style: Style,
): readonly string[] {
  const { active } = progress;
  const beside = active.length > 1 ? active.slice(0, mostBeside) : [];
  const lines = [
    progressLine(progress, width, style),
    ...beside.map((trial) => clip(`  ${doing(progress, progress.titleOf(trial), trial)}`, width)),
  ];
  const [first] = active;
  if (first !== undefined) {
    const matrix = trialLines(progress, first, width, style, true);
    lines.unshift(...matrix.slice(0, Math.max(1, height - 4 - beside.length)), '');
  }
  if (notice !== '') lines.push(style.warn(clip(notice, width)));
  return lines;
}

/** A title and the matrix of a trial. */
function trialLines(
  progress: RunProgress,
  trial: TrialView,
  width: number,
  style: Style,
  growing: boolean,
): readonly string[] {
  const title = progress.titleOf(trial);
  const size = trial.bytes > 0 ? `, ${bytes(trial.bytes)}` : '';
  const scores = ['transfer', 'average', 'last']
    .map((name) => `${name} ${percent(trial.metrics[name])}`)
    .join('  ');
  const rest = growing ? '' : `  ${scores}${size}`;
  return [
    `${style.bold(clip(title, width))}${style.dim(clip(rest, width - title.length))}`,
    ...matrixLines(progress.experiences, trial.rows, width, style, growing),
  ];
}

/** `━━━━━─────  48 %  rail@dual · 3/10 digits · learn   8 s left`. */
function progressLine(progress: RunProgress, width: number, style: Style): string {
  const { timeLeft, share } = progress;
  const doing = clip(activity(progress), width - 41);
  const time = timeLeft === undefined ? duration(progress.elapsed) : `${duration(timeLeft)} left`;
  const done = `${Math.floor(share * 100)}`.padStart(3);
  return `${style.good(bar(share, 20))} ${done} %  ${left(doing, width - 41)}  ${style.dim(time)}`;
}

/** What is being done, in words. */
export function activity(progress: RunProgress): string {
  const { preparing, active, trials } = progress;
  if (preparing !== undefined) {
    return `${preparing.phase} ${preparing.done}/${preparing.total}`;
  }
  if (active.length > 1) return `${active.length} trials at a time`;
  if (active.length === 1) return doing(progress, plain(active[0]!.label), active[0]!);
  return trials.length === 0 ? 'loading' : 'writing the report';
}

/** `rail@dual · 3/10 digits · learn`. */
function doing({ experiences }: RunProgress, name: string, { rows, phase }: TrialView): string {
  const i = Math.min(rows.length, experiences.length - 1);
  const where = `${i + 1}/${experiences.length} ${plain(experiences[i] ?? '')}`;
  return `${name} · ${where}${phase === '' ? '' : ` · ${phase}`}`;
}
