import { expect, test } from 'vitest';

test('@cl/linalg says what it does', () => {
  expect.fail('write the first test of @cl/linalg');
});
