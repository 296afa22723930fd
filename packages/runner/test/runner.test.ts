import { expect, test } from 'vitest';

test('@cl/runner says what it does', () => {
  expect.fail('write the first test of @cl/runner');
});
