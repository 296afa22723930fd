/** The saved learner of a trial: written after each experience, found again on resume. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isClError, type Learner, type LearnerContext, type Stream } from '@cl/hub';
import { loadLearner, saveLearner, type LearnerCard, type SavedBackbone } from '@cl/hub/node';
import { onDisk } from './io-error.ts';
import type { AccuracyRow } from './events.ts';
import type { Trial } from './plan.ts';

/** Saves and finds the learners of one trial. */
export class Checkpoints {
  readonly #folder: string;
  readonly #keep: 'last' | 'all';

  /** `keep`: one folder that is replaced each time, or one for each experience (`000`, `001`, …). */
  constructor(runFolder: string, trial: Trial, keep: 'last' | 'all') {
    this.#folder = join(runFolder, 'learners', trial.id);
    this.#keep = keep;
  }

  /** Saves a learner after its latest experience; crash-safe. Returns its size in bytes. */
  async save(
    learner: Learner,
    trial: Trial,
    stream: Stream,
    backbone: SavedBackbone,
    row: AccuracyRow,
  ): Promise<number> {
    const { plugin, options } = trial;
    const state = await learner.save();
    const learned = stream.experiences.slice(0, state.experiences);
    const tasks = learned.map(({ index, name, domain, classes, train }) => ({
      index,
      name,
      ...(domain === undefined ? {} : { domain }),
      classIds: classes.map(({ id }) => id),
      samples: train.length,
      ...(typeof row[index] === 'number' && { details: { accuracy: row[index] } }),
    }));
    const name = String(state.experiences - 1).padStart(3, '0');
    const folder = this.#keep === 'last' ? this.#folder : join(this.#folder, name);
    return onDisk(folder, async () => {
      await mkdir(dirname(folder), { recursive: true });
      const card = cardOf(trial, stream, row);
      const { bytes } = await saveLearner(folder, {
        plugin,
        options,
        state,
        backbone,
        tasks,
        card,
      });
      return bytes;
    });
  }

  /** The latest learner that was saved; `undefined` when there is none. */
  async load(trial: Trial, context: LearnerContext): Promise<Learner | undefined> {
    const name = this.#keep === 'last' ? '' : await this.#latest();
    if (name === undefined) return undefined;
    try {
      return await loadLearner(join(this.#folder, name), trial.plugin, context);
    } catch (error) {
      if (isClError(error) && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** Forgets what was saved. */
  async clear(): Promise<void> {
    await onDisk(this.#folder, () => rm(this.#folder, { recursive: true, force: true }));
  }

  /** Name of the newest folder of `all`. */
  async #latest(): Promise<string | undefined> {
    if (!existsSync(this.#folder)) return undefined;
    const names = await onDisk(this.#folder, () => readdir(this.#folder));
    return names
      .filter((name) => /^\d+$/u.test(name))
      .sort()
      .at(-1);
  }
}

/** What the run knows and the learner does not: how well it did, and whether it may hold training images. */
function cardOf({ plugin, options }: Trial, stream: Stream, row: AccuracyRow): LearnerCard {
  return {
    results: stream.evaluations.flatMap(({ name }, j) => {
      const value = row[j] ?? null;
      return value === null
        ? []
        : [{ dataset: name, metric: 'accuracy', value: Number(value.toFixed(4)) }];
    }),
    keeps: plugin.capabilities(options).exemplarFree
      ? 'Nothing that belongs to a single training image.'
      : 'Single training images, or features of them. Share it with those only who may see the images.',
  };
}
