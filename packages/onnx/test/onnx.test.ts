import { expect, test } from 'vitest';

test('@cl/onnx says what it does', () => {
  expect.fail('write the first test of @cl/onnx');
});
