import { expect, test } from 'vitest';

test('@cl/testing says what it does', () => {
  expect.fail('write the first test of @cl/testing');
});
