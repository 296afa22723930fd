/** What every learner does with an experience before its method starts, and with candidates before it answers. */
import { assertExperience } from './assert-experience.ts';
import { ClassRegistry, type ClassInfo } from './classes.ts';
import { ClError } from './errors.ts';
import type { Experience, Sample } from './experience.ts';
import type { ImageRef } from './image.ts';

/** One experience, checked, with its classes as columns of scores. */
export interface Lesson {
  /** Which experience, from 0. */
  readonly index: number;
  readonly samples: readonly Sample[];
  /** The image of each sample. */
  readonly images: readonly ImageRef[];
  /** The column of each sample's class. */
  readonly labels: Int32Array;
  /** Columns there are once it is learned. */
  readonly classes: number;
  /** The columns of its own classes, new or seen before. */
  readonly current: readonly number[];
}

/**
 * The experience as a lesson for a learner that has seen these classes, and the classes it will have seen then: to be
 * taken over when learning succeeded. Nothing is changed here.
 *
 * @throws ClError what `assertExperience` and `ClassRegistry.add` throw.
 */
export function lessonOf(
  learner: string,
  seen: ClassRegistry,
  experiences: number,
  experience: Experience,
): { readonly lesson: Lesson; readonly classes: ClassRegistry } {
  assertExperience(learner, experiences, experience);
  const classes = new ClassRegistry(seen.all);
  classes.add(experience.classes);
  const column = (id: string): number => classes.position(id)!;
  const lesson = {
    index: experience.index,
    samples: experience.train,
    images: experience.train.map(({ image }) => image),
    labels: Int32Array.from(experience.train, ({ classId }) => column(classId)),
    classes: classes.size,
    current: experience.classes.map(({ id }) => column(id)),
  };
  return { lesson, classes };
}

/**
 * The candidates, or all classes seen, with the column of each: for learners that know only what they were taught.
 *
 * @throws ClError `NOT_LEARNED` when nothing was learned, `UNKNOWN_CLASS` when a candidate was never seen.
 */
export function knownCandidates(
  learner: string,
  seen: ClassRegistry,
  candidates: readonly ClassInfo[] = seen.all,
): { readonly classes: readonly ClassInfo[]; readonly columns: readonly number[] } {
  if (seen.size === 0) {
    throw new ClError(
      'NOT_LEARNED',
      `${learner}: asked for predictions before it learned anything, expected learn first. Teach it an experience.`,
    );
  }
  const columns = candidates.map(({ id }) => {
    const column = seen.position(id);
    if (column !== undefined) return column;
    throw new ClError(
      'UNKNOWN_CLASS',
      `${learner}: candidate "${id}" was never learned, expected classes among the ${seen.size} seen. ` +
        'Leave it out, or use a learner with an open vocabulary.',
    );
  });
  return { classes: [...candidates], columns };
}

/** The error of a learner that was disposed of. */
export function disposedError(learner: string): ClError {
  return new ClError(
    'DISPOSED',
    `${learner}: used after dispose(), expected a live learner. Load it again.`,
  );
}
