import { expect, test } from 'vitest';

test('@cl/report says what it does', () => {
  expect.fail('write the first test of @cl/report');
});
