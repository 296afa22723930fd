import { expect, test } from 'vitest';

test('@cl/model-hub says what it does', () => {
  expect.fail('write the first test of @cl/model-hub');
});
