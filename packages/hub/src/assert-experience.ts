/** The check every learner makes before it looks at an image. */
import type { ClassId } from './classes.ts';
import { ClError } from './errors.ts';
import type { Experience } from './experience.ts';

/**
 * Refuses an experience that `Learner.learn` must not accept.
 *
 * @param learner - the learner's name, for the message.
 * @param expected - the index whose turn it is.
 * @throws ClError `OUT_OF_ORDER`, `EMPTY_STREAM` without classes, `UNKNOWN_CLASS` when a sample's class is not listed,
 * `EMPTY_CLASS` when a listed class has no sample.
 */
export function assertExperience(learner: string, expected: number, experience: Experience): void {
  const where = `${learner}: experience ${experience.index} ("${experience.name}")`;
  if (experience.index !== expected) {
    throw new ClError(
      'OUT_OF_ORDER',
      `${where} came, expected experience ${expected}. Learn experiences in the stream's order, each once.`,
    );
  }
  if (experience.classes.length === 0) {
    throw new ClError(
      'EMPTY_STREAM',
      `${where} has no classes, expected at least one. Leave it out of the stream.`,
    );
  }
  const samples = new Map<ClassId, number>(experience.classes.map(({ id }) => [id, 0]));
  for (const { classId, image } of experience.train) {
    const count = samples.get(classId);
    if (count === undefined) {
      throw new ClError(
        'UNKNOWN_CLASS',
        `${where}: image "${image.id}" has class "${classId}", expected one of the ${samples.size} classes of the ` +
          'experience. Add the class to its list or leave the sample out.',
      );
    }
    samples.set(classId, count + 1);
  }
  const empty = [...samples].filter(([, count]) => count === 0).map(([id]) => `"${id}"`);
  if (empty.length === 0) return;
  throw new ClError(
    'EMPTY_CLASS',
    `${where}: ${empty.length === 1 ? 'class' : 'classes'} ${empty.slice(0, 5).join(', ')}` +
      `${empty.length > 5 ? ` and ${empty.length - 5} more` : ''} without a sample, expected at least one each. ` +
      'Add images or leave the class out.',
  );
}
