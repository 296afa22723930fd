/** Classes with stable identities: an id is never a position and is never used twice. */
import { ClError } from './errors.ts';

/** The stable name of a class to programs, for instance `flags/france`. */
export type ClassId = string;

/** What is known of a class. */
export interface ClassInfo {
  /** Unique across all datasets of a stream; at most 256 characters without control characters. */
  readonly id: ClassId;
  /** The name people see. Untrusted text: escape it where it is shown. */
  readonly name: string;
  /** How the name reads inside a sentence ("the flag of france"); the name itself when absent. */
  readonly phrase?: string;
  /** The domain (dataset) that the class belongs to. */
  readonly domain?: string;
  /** Sentence patterns that suit this class's images; `{}` stands for the phrase. */
  readonly templates?: readonly string[];
}

/**
 * The classes a learner has seen, in order of first appearance. Position i is column i of its
 * scores and stays so for ever.
 */
export class ClassRegistry {
  readonly #classes: ClassInfo[] = [];
  readonly #positions = new Map<ClassId, number>();

  /** Starts with these classes, in this order. */
  constructor(classes: Iterable<ClassInfo> = []) {
    this.add(classes);
  }

  /** The classes in order of first appearance; not to be modified. */
  get all(): readonly ClassInfo[] {
    return this.#classes;
  }

  /** How many classes there are. */
  get size(): number {
    return this.#classes.length;
  }

  /**
   * Appends the classes that are new and returns how many were.
   *
   * @throws ClError `DUPLICATE_CLASS` when an id is known under another name; nothing is added then.
   * @throws ClError `INVALID_DATA` when an id is empty, too long or holds control characters.
   */
  add(classes: Iterable<ClassInfo>): number {
    const fresh = new Map<ClassId, ClassInfo>();
    for (const info of classes) {
      assertClassId(info.id);
      const known = this.get(info.id) ?? fresh.get(info.id);
      if (known === undefined) fresh.set(info.id, info);
      else if (known.name !== info.name) {
        throw new ClError(
          'DUPLICATE_CLASS',
          `classes: id "${info.id}" stands for "${known.name}" and for "${info.name}". ` +
            'Give each class an id of its own, for instance "domain/name".',
        );
      }
    }
    for (const info of fresh.values()) {
      this.#positions.set(info.id, this.#classes.length);
      this.#classes.push(info);
    }
    return fresh.size;
  }

  /** The column of a class, or `undefined` when it was never seen. */
  position(id: ClassId): number | undefined {
    return this.#positions.get(id);
  }

  /** Whether the class was seen. */
  has(id: ClassId): boolean {
    return this.#positions.has(id);
  }

  /** The class with this id, or `undefined`. */
  get(id: ClassId): ClassInfo | undefined {
    const position = this.#positions.get(id);
    return position === undefined ? undefined : this.#classes[position];
  }
}

/** The sentences to embed for a class: each template with `{}` replaced by the class's phrase. */
export function promptsOf(info: ClassInfo, templates: readonly string[]): readonly string[] {
  const phrase = info.phrase ?? info.name;
  return templates.map((template) => template.replaceAll('{}', () => phrase));
}

function assertClassId(id: string): void {
  if (id.length > 0 && id.length <= 256 && !/[\u0000-\u001f\u007f]/u.test(id)) return;
  throw new ClError(
    'INVALID_DATA',
    `classes: id ${JSON.stringify(id.slice(0, 40))} has ${id.length} characters, expected 1 to 256 ` +
      'without control characters. Derive ids from folder or class names.',
  );
}
