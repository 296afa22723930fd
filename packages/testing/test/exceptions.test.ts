import { CheckFailure, withExceptions, type Check } from '@cl/testing';
import { expect, test } from 'vitest';

const passes: Check = { name: 'keeps still', run: async () => undefined };
const fails: Check = {
  name: 'sings',
  run: async () => {
    throw new CheckFailure('song: found silence, expected a tune.');
  },
};

test('without exceptions the checks are the same', () => {
  expect(withExceptions([passes, fails])).toEqual([passes, fails]);
});

test('a known exception shows its reason and passes while the promise is broken', async () => {
  const [kept, excepted] = withExceptions([passes, fails], { sings: 'it is a fish' });
  expect(kept).toBe(passes);
  expect(excepted!.name).toBe('sings (known exception: it is a fish)');
  await expect(excepted!.run()).resolves.toBeUndefined();
});

test('a known exception fails once its check passes', async () => {
  const [excepted] = withExceptions([passes], { 'keeps still': 'it is a bird' });
  await expect(excepted!.run()).rejects.toThrow(/"keeps still" passes now\. Remove it/u);
  await expect(excepted!.run()).rejects.toBeInstanceOf(CheckFailure);
});

test('an exception for no check is refused with the nearest name', () => {
  expect(() => withExceptions([passes], { 'keep still': 'why' })).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/no check "keep still", did you mean "keeps still"/u),
    }),
  );
});

test('an exception without a reason is refused', () => {
  expect(() => withExceptions([fails], { sings: ' ' })).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/"sings" has no reason/u),
    }),
  );
});
