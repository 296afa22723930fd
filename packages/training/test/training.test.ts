import { expect, test } from 'vitest';

test('@cl/training says what it does', () => {
  expect.fail('write the first test of @cl/training');
});
