// @ts-check
import { defineConfig } from 'vitest/config';

// `npm run test:docs`: what stands in Markdown files, carried out. Needs a build: it uses the packages as readers do.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.mjs'],
    globalSetup: ['setup.mjs'],
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 2,
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
