/**
 * The files of a run:
 *
 *   run.json        what was asked for, written first; a run is resumed under the same only
 *   events.jsonl    what happened when, one JSON a line, only ever appended to
 *   accuracy.json   the accuracy matrix of each trial, after every experience
 *   trials/         progress of each trial, at last with its record
 *   learners/       the saved learner of each trial
 *   record.json     the whole record, written when all trials are finished
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ClError, type JsonObject, type RunRecord, type TrialRecord } from '@cl/hub';
import { writeFileAtomic } from '@cl/hub/node';
import type { AccuracyRow } from './events.ts';
import { onDisk } from './io-error.ts';
import { lockName } from './lock.ts';

/** `run.json`. */
export interface RunHeader {
  readonly format: 1;
  readonly name: string;
  readonly startedAt: string;
  readonly command: string;
  /** All that decides the result. */
  readonly resolved: JsonObject;
  readonly backbone: RunRecord['backbone'];
  readonly environment: RunRecord['environment'];
}

/** How far a trial is: `trials/<id>.json`. */
export interface TrialProgress {
  /** Accuracy before anything was learned, where the learner can answer then. */
  readonly baseline?: AccuracyRow;
  readonly rows: readonly AccuracyRow[];
  readonly seconds: Readonly<Record<string, number>>;
  readonly peakMemoryBytes: number;
  readonly stateBytes: number;
  /** There when the trial is finished. */
  readonly record?: TrialRecord;
}

const own = ['run.json', 'record.json', 'accuracy.json', 'events.jsonl', 'trials', 'learners'];

/** Reads and writes the folder of one run. */
export class RunFolder {
  /** Absolute: Node looks for the parents of a relative path for ever when somebody removes the working directory. */
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Whether a run was started here. */
  get exists(): boolean {
    return existsSync(join(this.path, 'run.json'));
  }

  /** Whether an experience was learned here. */
  get hasResults(): boolean {
    return existsSync(join(this.path, 'trials'));
  }

  /**
   * Makes the folder, or takes one over that is empty.
   *
   * @throws ClError `INVALID_CONFIG` when it holds something else than a run.
   */
  async create(): Promise<void> {
    const found = await onDisk(this.path, async () => {
      await mkdir(this.path, { recursive: true });
      return readdir(this.path);
    });
    const others = found.filter((name) => !own.includes(name) && name !== lockName);
    if (this.exists || others.length === 0) return;
    throw new ClError(
      'INVALID_CONFIG',
      `run: ${this.path} holds files but no run (${others.slice(0, 3).join(', ')}). ` +
        'Choose a new or an empty folder.',
    );
  }

  /** Removes the run that is here; files of others stay. */
  async clear(): Promise<void> {
    for (const name of own) {
      await onDisk(this.path, () => rm(join(this.path, name), { recursive: true, force: true }));
    }
  }

  /** Writes a file so that a crash leaves the old one or the new one. */
  async write(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.path, name);
    await onDisk(path, async () => {
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomic(path, content);
    });
  }

  /** Writes down how far a trial is. */
  async writeProgress(trial: string, progress: TrialProgress): Promise<void> {
    await this.writeJson(progressFile(trial), progress);
  }

  /** How far a trial was; `undefined` when nothing of it was written down. */
  async readProgress(trial: string): Promise<TrialProgress | undefined> {
    return (await this.readJson(progressFile(trial))) as TrialProgress | undefined;
  }

  /** Writes a value as JSON. */
  async writeJson(name: string, value: unknown): Promise<void> {
    await this.write(name, `${JSON.stringify(value, undefined, 1)}\n`);
  }

  /**
   * Reads a JSON file that this class wrote; `undefined` when there is none.
   *
   * @throws ClError `CORRUPT_FILE` when it is no JSON.
   */
  async readJson(name: string): Promise<unknown> {
    const path = join(this.path, name);
    if (!existsSync(path)) return undefined;
    const text = await onDisk(path, () => readFile(path, 'utf8'));
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ClError(
        'CORRUPT_FILE',
        `run: ${path} is not JSON, expected what a run wrote. Start the run afresh under another name.`,
        { cause },
      );
    }
  }
}

const progressFile = (trial: string): string => `trials/${trial}.json`;
