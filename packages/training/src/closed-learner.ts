/** What is the same in every learner that knows only the classes it was taught: all but the method itself. */
import {
  ClassRegistry,
  disposedError,
  knownCandidates,
  lessonOf,
  throwIfAborted,
  type ClassInfo,
  type Experience,
  type ImageRef,
  type Learner,
  type LearnerAccount,
  type LearnerState,
  type Lesson,
  type Matrix,
  type PredictOptions,
  type RealArray,
  type Scores,
  type WorkOptions,
} from '@cl/hub';

/**
 * A way to learn, after some lessons. A value: learning gives another one and changes nothing, so that a lesson that is
 * aborted or diverges leaves the learner as it was. What both share, such as weights or threads, is never modified.
 */
export interface Method {
  /**
   * The method after a lesson. It replaces this one, which is not used again; when it throws, this one goes on.
   *
   * @throws ClError `NON_FINITE`, `ABORTED`.
   */
  learn(lesson: Lesson, work: WorkOptions): Promise<Method>;
  /** One row an image, one column a class: [n, classes], of any images and at least one class. */
  scores(images: readonly ImageRef[], work: WorkOptions): Promise<Matrix>;
  /** All that the next lesson and the next scores depend on. */
  save(): Pick<LearnerState, 'values' | 'tensors'>;
  describe(work: WorkOptions): LearnerAccount | Promise<LearnerAccount>;
  /** Frees native memory. Called when the learner is disposed of: pass what is to be freed on to the next method. */
  dispose?(): Promise<void>;
}

/** A {@link Method} as a learner. */
export class ClosedLearner implements Learner {
  readonly #name: string;
  #method: Method;
  #classes: ClassRegistry;
  #experiences: number;
  #disposed = false;

  /**
   * Starts with a method and, where it learned before, what it has seen.
   *
   * @param name - of the plugin, for messages.
   */
  constructor(
    name: string,
    method: Method,
    seen: Pick<LearnerState, 'classes' | 'experiences'> = { classes: [], experiences: 0 },
  ) {
    this.#name = name;
    this.#method = method;
    this.#classes = new ClassRegistry(seen.classes);
    this.#experiences = seen.experiences;
  }

  get classes(): readonly ClassInfo[] {
    return [...this.#classes.all];
  }

  get experiences(): number {
    return this.#experiences;
  }

  async learn(experience: Experience, work: WorkOptions = {}): Promise<void> {
    this.#assertOpen();
    const { lesson, classes } = lessonOf(this.#name, this.#classes, this.#experiences, experience);
    throwIfAborted(this.#name, work.signal);
    this.#method = await this.#method.learn(lesson, work);
    this.#classes = classes;
    this.#experiences += 1;
  }

  async predict(images: readonly ImageRef[], options: PredictOptions = {}): Promise<Scores> {
    this.#assertOpen();
    const { classes, columns } = knownCandidates(this.#name, this.#classes, options.candidates);
    const { data } = await this.#method.scores(images, options);
    throwIfAborted(this.#name, options.signal);
    return {
      classes,
      values: pickColumns(data, this.#classes.size, columns),
      sources: images.map(() => 'adapter'),
    };
  }

  async save(): Promise<LearnerState> {
    this.#assertOpen();
    return { classes: this.classes, experiences: this.#experiences, ...this.#method.save() };
  }

  async describe(work: WorkOptions = {}): Promise<LearnerAccount> {
    this.#assertOpen();
    return this.#method.describe(work);
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#method.dispose?.();
  }

  #assertOpen(): void {
    if (this.#disposed) throw disposedError(this.#name);
  }
}

/** Columns of a row-major [n, width] array in another order. */
export function pickColumns(
  values: RealArray,
  width: number,
  columns: readonly number[],
): Float64Array {
  const rows = values.length / width;
  const picked = new Float64Array(rows * columns.length);
  for (let i = 0; i < rows; i += 1) {
    for (let c = 0; c < columns.length; c += 1) {
      picked[i * columns.length + c] = values[i * width + columns[c]!]!;
    }
  }
  return picked;
}
