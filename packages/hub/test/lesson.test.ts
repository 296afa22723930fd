import {
  ClassRegistry,
  disposedError,
  knownCandidates,
  lessonOf,
  type ClassInfo,
  type Experience,
} from '@cl/hub';
import { expect, test } from 'vitest';

const [cat, dog, owl] = ['cat', 'dog', 'owl'].map((id): ClassInfo => ({ id, name: id })) as [
  ClassInfo,
  ClassInfo,
  ClassInfo,
];

/** An experience with one image for each of the ids, in this order. */
function experienceOf(
  index: number,
  classes: readonly ClassInfo[],
  ids: readonly string[],
): Experience {
  const data = new Uint8Array(3);
  const train = ids.map((classId, i) => ({
    classId,
    image: { id: `image-${i}`, source: { kind: 'pixels', width: 1, height: 1, data } as const },
  }));
  return { index, name: `step ${index}`, classes, train };
}

test('a lesson has columns in order of first appearance, for its samples and its own classes', () => {
  const seen = new ClassRegistry([cat, dog]);
  const experience = experienceOf(1, [owl, dog], ['dog', 'owl', 'dog']);
  const { lesson, classes } = lessonOf('test', seen, 1, experience);
  expect([...lesson.labels]).toEqual([1, 2, 1]);
  expect(lesson.current).toEqual([2, 1]);
  expect(lesson.classes).toBe(3);
  expect(lesson.images.map(({ id }) => id)).toEqual(['image-0', 'image-1', 'image-2']);
  expect(classes.all).toEqual([cat, dog, owl]);
  expect(seen.all).toEqual([cat, dog]); // taken over only when learning succeeded
});

test('an experience out of its turn makes no lesson', () => {
  const experience = experienceOf(0, [cat], ['cat']);
  expect(() => lessonOf('test', new ClassRegistry(), 1, experience)).toThrow(
    expect.objectContaining({
      code: 'OUT_OF_ORDER',
      message: expect.stringContaining('test: experience 0 ("step 0") came, expected experience 1'),
    }),
  );
});

test('candidates come with their columns, all classes seen without any', () => {
  const seen = new ClassRegistry([cat, dog, owl]);
  expect(knownCandidates('test', seen, [owl, cat])).toEqual({
    classes: [owl, cat],
    columns: [2, 0],
  });
  expect(knownCandidates('test', seen)).toEqual({ classes: [cat, dog, owl], columns: [0, 1, 2] });
});

test('nothing learned, a class never seen and a disposed learner are told apart', () => {
  expect(() => knownCandidates('test', new ClassRegistry(), [cat])).toThrow(
    expect.objectContaining({
      code: 'NOT_LEARNED',
      message: expect.stringContaining('expected learn first'),
    }),
  );
  expect(() => knownCandidates('test', new ClassRegistry([cat]), [owl])).toThrow(
    expect.objectContaining({
      code: 'UNKNOWN_CLASS',
      message: expect.stringContaining(
        'candidate "owl" was never learned, expected classes among the 1 seen',
      ),
    }),
  );
  expect(disposedError('test')).toMatchObject({
    code: 'DISPOSED',
    message: expect.stringContaining('Load it again'),
  });
});
