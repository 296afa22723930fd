/** Features remembered under a key: the newest in memory, all of them on disk. */
import { SegmentReader, SegmentWriter, type Row } from './segment-file.ts';

/** Bytes of features kept in memory; what was kept longest goes first. */
const memoryLimit = 256 << 20;

/** Rows of one width under keys of 64 hex digits, shared with other processes through a folder. */
export class FeatureCache {
  readonly #memory = new Map<string, Float32Array>();
  readonly #capacity: number;
  readonly #reader: SegmentReader | undefined;
  #writer: SegmentWriter | undefined;

  /** Keeps rows of `width` numbers in `folder`, or in memory alone when it is `undefined`. */
  constructor(folder: string | undefined, width: number) {
    this.#capacity = Math.max(1, Math.floor(memoryLimit / (width * 4)));
    this.#reader = folder === undefined ? undefined : new SegmentReader(folder, width);
    this.#writer = folder === undefined ? undefined : new SegmentWriter(folder);
  }

  /** The rows of the keys that are known. The rows must not be modified. */
  async get(keys: readonly string[]): Promise<Map<string, Float32Array>> {
    const found = new Map<string, Float32Array>();
    const unknown: string[] = [];
    for (const key of keys) {
      const row = this.#memory.get(key);
      if (row === undefined) unknown.push(key);
      else found.set(key, row);
    }
    if (unknown.length === 0 || this.#reader === undefined) return found;
    if (unknown.some((key) => this.#reader!.find(key) === undefined)) await this.#reader.refresh();
    const onDisk = unknown.filter((key) => this.#reader!.find(key) !== undefined);
    const rows = await this.#reader.read(onDisk.map((key) => this.#reader!.find(key)!));
    onDisk.forEach((key, i) => {
      const values = rows[i];
      if (values === undefined) return;
      this.#remember({ key, values });
      found.set(key, values);
    });
    return found;
  }

  /**
   * Keeps rows. A disk that refuses them (full, read-only) is reported once as a process warning and left alone
   * from then on: features are worth more than their cache.
   */
  async set(rows: readonly Row[]): Promise<void> {
    for (const row of rows) this.#remember(row);
    try {
      await this.#writer?.append(rows);
    } catch (error) {
      await this.#writer?.close().catch(() => undefined);
      this.#writer = undefined;
      process.emitWarning(
        `features are not cached on disk: ${(error as Error).message}. Free space, or name another cacheDir.`,
        { code: 'CL_FEATURE_CACHE' },
      );
    }
  }

  /** Closes the files; the memory stays. */
  async close(): Promise<void> {
    await this.#writer?.close();
    await this.#reader?.close();
  }

  #remember({ key, values }: Row): void {
    if (this.#memory.size >= this.#capacity) {
      const oldest = this.#memory.keys().next();
      if (oldest.done !== true) this.#memory.delete(oldest.value);
    }
    this.#memory.set(key, values);
  }
}
