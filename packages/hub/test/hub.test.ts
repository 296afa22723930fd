import { expect, test } from 'vitest';

test('@cl/hub says what it does', () => {
  expect.fail('write the first test of @cl/hub');
});
