import { assertExperience, type Experience } from '@cl/hub';
import { expect, test } from 'vitest';
import { errorOf } from './error-of.ts';

const pixels = { kind: 'pixels', width: 1, height: 1, data: new Uint8Array(3) } as const;
const cat = { id: 'pets/cat', name: 'cat' };
const dog = { id: 'pets/dog', name: 'dog' };
const photo = (id: string, classId: string) => ({ image: { id, source: pixels }, classId });
const sound: Experience = {
  index: 1,
  name: 'pets',
  classes: [cat, dog],
  train: [photo('a.png', cat.id), photo('b.png', dog.id)],
};

test('lets an experience pass whose turn it is and whose classes all have samples', () => {
  expect(() => assertExperience('rail', 1, sound)).not.toThrow();
});

test.each([
  ['OUT_OF_ORDER', { ...sound, index: 3 }, /experience 3 \("pets"\) came, expected experience 1/],
  ['EMPTY_STREAM', { ...sound, classes: [], train: [] }, /has no classes/],
  [
    'EMPTY_CLASS',
    { ...sound, train: [photo('a.png', cat.id)] },
    /class "pets\/dog" without a sample/,
  ],
  [
    'UNKNOWN_CLASS',
    { ...sound, train: [...sound.train, photo('c.png', 'pets/eel')] },
    /image "c.png" has class "pets\/eel"/,
  ],
] as const)('refuses with %s', async (code, experience, sentence) => {
  const error = await errorOf(() => assertExperience('rail', 1, experience));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(sentence);
  expect(error.message).toMatch(/^rail: /);
});
