import { expect, test } from 'vitest';

test('@cl/datasets says what it does', () => {
  expect.fail('write the first test of @cl/datasets');
});
