/** `events.jsonl`: what happened in a run and when, only ever appended to. */
import { open, type FileHandle } from 'node:fs/promises';
import type { RunEvent } from './events.ts';
import { onDisk } from './io-error.ts';

/** Appends events with their time, in order. */
export class EventLog {
  readonly #path: string;
  readonly #file: FileHandle;
  #queue: Promise<void> = Promise.resolve();
  /** Closes a line that a crash tore off. */
  #before: string;

  private constructor(path: string, file: FileHandle, before: string) {
    this.#path = path;
    this.#file = file;
    this.#before = before;
  }

  /** Opens or makes the file. */
  static async open(path: string): Promise<EventLog> {
    return onDisk(path, async () => {
      const file = await open(path, 'a+');
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      return new EventLog(path, file, size > 0 && last.toString() !== '\n' ? '\n' : '');
    });
  }

  /** Queues a line; a failure is thrown by the next `flush`. */
  append(event: RunEvent): void {
    const line = `${this.#before}${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`;
    this.#before = '';
    this.#queue = this.#queue.then(() => this.#file.appendFile(line));
    this.#queue.catch(() => undefined); // thrown by flush
  }

  /**
   * Waits until every line is written.
   *
   * @throws ClError `IO_FAILED`.
   */
  async flush(): Promise<void> {
    await onDisk(this.#path, () => this.#queue);
  }

  /** Writes what is queued, as far as it goes, and closes the file. */
  async close(): Promise<void> {
    await this.#queue.catch(() => undefined);
    await this.#file.close();
  }
}
