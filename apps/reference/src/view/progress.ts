/** The state of a run as its events tell it: what every view draws. */
import type { AccuracyRow, RunEvent, TrialName } from '@cl/runner';
import { plain } from './format.ts';

/** One trial on the screen. */
export interface TrialView extends TrialName {
  rows: AccuracyRow[];
  /** What it is doing, in a word; empty between two things. */
  phase: string;
  /** How far that is, from 0 to 1. */
  share: number;
  /** Bytes of its saved learner. */
  bytes: number;
  finished: boolean;
  metrics: Readonly<Record<string, number | null>>;
}

/** Follows a run. Times are in milliseconds of the clock that is handed in. */
export class RunProgress {
  experiences: readonly string[] = [];
  trials: TrialView[] = [];
  /** What is done before the trials start: a phase and its share. */
  preparing: { phase: string; done: number; total: number } | undefined;
  folder = '';
  /** Rows that an earlier process left. */
  resumedRows = 0;
  /** Trials that go on, in the order they began; several where trials go on side by side. */
  active: TrialView[] = [];
  readonly startedAt: number;
  readonly #now: () => number;
  #phaseAt: number;
  /** Steps done and time when the trials of this process began. */
  #trialsFrom: { steps: number; at: number } | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.startedAt = now();
    this.#phaseAt = this.startedAt;
  }

  /** Takes an event in. */
  add(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
        this.folder = event.folder;
        this.experiences = event.experiences;
        this.trials = event.trials.map((name) => ({ ...name, ...fresh() }));
        this.resumedRows = 0;
        this.active = [];
        this.#trialsFrom = undefined; // the next stream of a comparison has a pace of its own
        return;
      case 'resumed':
        for (const [k, { rows, finished }] of event.trials.entries()) {
          Object.assign(this.trials[k]!, { rows: [...rows], finished });
          this.resumedRows += rows.length;
        }
        return;
      case 'trial-started':
        this.preparing = undefined;
        this.active = [...this.active, this.trial(event)];
        this.#trialsFrom ??= { steps: this.steps, at: this.#now() };
        return;
      case 'progress':
        this.#progress(event);
        return;
      case 'evaluated': {
        const trial = this.trial(event);
        trial.rows[event.experience] = event.row;
        Object.assign(trial, { phase: '', share: 0 });
        return;
      }
      case 'saved':
        this.trial(event).bytes = event.bytes;
        return;
      case 'trial-finished':
        Object.assign(this.trial(event), { finished: true, metrics: event.metrics });
        this.active = this.active.filter(({ finished }) => !finished);
        return;
      case 'experience-learned':
      case 'stream-started':
      case 'images-skipped':
      case 'started-over':
      case 'already-finished':
      case 'run-finished':
    }
  }

  /** The trial of a name. */
  trial({ label, seed }: TrialName): TrialView {
    return this.trials.find((trial) => trial.label === label && trial.seed === seed)!;
  }

  /** What people read for a trial: its learner, and the seed where there are several. */
  titleOf({ label, seed }: TrialName): string {
    const several = this.trials.some((trial) => trial.seed !== seed);
    return `${plain(label)}${several ? ` · seed ${seed}` : ''}`;
  }

  /** Experiences that are learned and evaluated, over all trials. */
  get steps(): number {
    return this.trials.reduce((sum, { rows }) => sum + rows.length, 0);
  }

  /** Experiences of all trials. */
  get totalSteps(): number {
    return this.trials.length * this.experiences.length;
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.#now() - this.startedAt;
  }

  /** How far the present phase is, from 0 to 1: preparing, then the trials. */
  get share(): number {
    if (this.preparing !== undefined) return this.preparing.done / this.preparing.total || 0;
    return this.totalSteps === 0 ? 0 : this.steps / this.totalSteps;
  }

  /** Milliseconds that the present phase still needs at the pace so far; `undefined` while unknown. */
  get timeLeft(): number | undefined {
    const from = this.#trialsFrom;
    const [done, all, since] =
      this.preparing !== undefined || from === undefined
        ? [this.preparing?.done ?? 0, this.preparing?.total ?? 0, this.#phaseAt]
        : [this.steps - from.steps, this.totalSteps - from.steps, from.at];
    if (done <= 0 || done >= all) return undefined;
    return ((this.#now() - since) / done) * (all - done);
  }

  #progress({ progress, label, seed }: Extract<RunEvent, { type: 'progress' }>): void {
    if (label === undefined || seed === undefined) {
      if (this.preparing?.phase !== progress.phase) this.#phaseAt = this.#now();
      this.preparing = progress;
      return;
    }
    const share = progress.total === 0 ? 0 : progress.done / progress.total;
    Object.assign(this.trial({ label, seed }), { phase: progress.phase, share });
  }
}

function fresh(): Omit<TrialView, keyof TrialName> {
  return { rows: [], phase: '', share: 0, bytes: 0, finished: false, metrics: {} };
}
