/** The view of a run without a terminal: a line for each thing that happened, in a log's manner. */
import type { RunEvent } from '@cl/runner';
import { duration, percent, plain } from './format.ts';
import { announcement } from './announcement.ts';
import { matrixLines, mean } from './matrix.ts';
import { RunProgress, type TrialView } from './progress.ts';
import { createStyle } from './style.ts';
import type { View } from './view.ts';

const columns = 100;

/** Writes lines without colours or cursor movements. */
export function createPlainView(stream: NodeJS.WritableStream): View {
  const style = createStyle(false);
  const progress = new RunProgress(() => performance.now());
  let told = -1;
  let latest: TrialView | undefined; // whose line came last
  const say = (line: string): void => {
    stream.write(`${line}\n`);
  };
  /** Every fifth of a phase, once. */
  const tellPreparing = (): void => {
    const { phase, done, total } = progress.preparing ?? { phase: '', done: 0, total: 0 };
    const fifth = total === 0 ? 0 : Math.floor((done / total) * 5);
    if (done === 0 || fifth === told) return;
    told = fifth === 5 ? -1 : fifth;
    if (fifth > 0) say(`${phase} ${done}/${total} (${duration(progress.elapsed)})`);
  };
  return {
    style,
    width: () => columns,
    event(event: RunEvent): void {
      progress.add(event);
      for (const line of announcement(event)) say(line);
      switch (event.type) {
        case 'progress':
          if (event.label === undefined) tellPreparing();
          return;
        case 'evaluated':
          latest = progress.trial(event);
          say(step(progress, event));
          return;
        case 'trial-finished': {
          const { rows } = progress.trial(event);
          if (progress.trial(event) !== latest) say(`${progress.titleOf(event)}:`);
          for (const line of matrixLines(progress.experiences, rows, columns, style)) {
            say(`  ${line}`);
          }
          return;
        }
        default:
      }
    },
    note: say,
    close: () => undefined,
  };
}

/** `[13/50] rail@dual · 3/10 digits · accuracy 79.4, all 48.2 · 12 s left`. */
function step(
  progress: RunProgress,
  { experience, row, ...trial }: Extract<RunEvent, { type: 'evaluated' }>,
): string {
  const name = plain(progress.experiences[experience] ?? '');
  const parts = [
    `[${progress.steps}/${progress.totalSteps}] ${progress.titleOf(trial)}`,
    `${experience + 1}/${progress.experiences.length} ${name}`,
    `accuracy ${percent(row[experience])}, all ${percent(mean(row))}`,
  ];
  if (progress.timeLeft !== undefined) parts.push(`${duration(progress.timeLeft)} left`);
  return parts.join(' · ');
}
