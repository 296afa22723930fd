import { expect, test } from 'vitest';

test('@cl/tiny-clip says what it does', () => {
  expect.fail('write the first test of @cl/tiny-clip');
});
