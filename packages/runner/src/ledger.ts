/** How far the trials of a run are, in memory and in `accuracy.json`. */
import type { AccuracyRow, TrialName } from './events.ts';
import type { Plan, Trial } from './plan.ts';
import type { RunFolder, TrialProgress } from './run-folder.ts';

/** A trial that an earlier process began. */
interface Begun extends TrialName {
  readonly rows: readonly AccuracyRow[];
  readonly finished: boolean;
}

/** The progress of all trials of a run. */
export class Ledger {
  readonly #plan: Plan;
  readonly #folder: RunFolder;
  readonly #progress = new Map<string, TrialProgress>();
  /** One file after the other: trials that go on side by side tell of their progress at any time. */
  #written: Promise<void> = Promise.resolve();

  constructor(plan: Plan, folder: RunFolder) {
    this.#plan = plan;
    this.#folder = folder;
  }

  /** Reads what an earlier process wrote down. */
  async read(): Promise<readonly Begun[]> {
    for (const { id } of this.#plan.trials) {
      const read = await this.#folder.readProgress(id);
      if (read !== undefined) this.#progress.set(id, read);
    }
    return this.#plan.trials.map(({ id, label, seed }) => {
      const progress = this.#progress.get(id);
      return { label, seed, rows: progress?.rows ?? [], finished: progress?.record !== undefined };
    });
  }

  /** How far a trial is; `undefined` when it has not begun. */
  of(trial: Trial): TrialProgress | undefined {
    return this.#progress.get(trial.id);
  }

  /** Experiences that are learned, evaluated and written down. */
  get rows(): number {
    return [...this.#progress.values()].reduce((sum, { rows }) => sum + rows.length, 0);
  }

  /**
   * Takes in the progress of a trial, which its own file has already, and waits until `accuracy.json` has it too.
   *
   * @throws ClError `IO_FAILED`, also of what was noted before.
   */
  async note(id: string, progress: TrialProgress): Promise<void> {
    this.#progress.set(id, progress);
    this.#written = this.#written.then(() => this.#writeAccuracy(id));
    await this.#written;
  }

  async #writeAccuracy(id: string): Promise<void> {
    const { seed } = this.#plan.trials.find((trial) => trial.id === id)!;
    await this.#folder.writeJson('accuracy.json', {
      evaluations: this.#plan.streams.get(seed)!.evaluations.map(({ name }) => name),
      trials: this.#plan.trials.map((one) => ({
        label: one.label,
        seed: one.seed,
        accuracy: this.#progress.get(one.id)?.rows ?? [],
      })),
    });
  }
}
