import { expect, test } from 'vitest';

test('@cl/backbone says what it does', () => {
  expect.fail('write the first test of @cl/backbone');
});
