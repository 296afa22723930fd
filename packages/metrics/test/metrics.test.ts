import { expect, test } from 'vitest';

test('@cl/metrics says what it does', () => {
  expect.fail('write the first test of @cl/metrics');
});
