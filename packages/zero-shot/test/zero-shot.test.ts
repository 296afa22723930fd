import { expect, test } from 'vitest';

test('@cl/zero-shot says what it does', () => {
  expect.fail('write the first test of @cl/zero-shot');
});
