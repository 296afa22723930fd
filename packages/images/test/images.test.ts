import { expect, test } from 'vitest';

test('@cl/images says what it does', () => {
  expect.fail('write the first test of @cl/images');
});
