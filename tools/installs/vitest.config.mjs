// @ts-check
import { defineConfig } from 'vitest/config';

// `npm run installs`: what strangers get. Not part of `npm test`: it installs onnxruntime a dozen times.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.mjs'],
    globalSetup: ['setup.mjs'],
    fileParallelism: true,
    maxWorkers: 2,
    testTimeout: 900_000,
    hookTimeout: 300_000,
  },
});
