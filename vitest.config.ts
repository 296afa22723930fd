import { defineConfig } from 'vitest/config';

// Every package runs this one configuration (`vitest run --config ../../vitest.config.ts --root .`).
// The `@cl/source` condition resolves sibling packages to their TypeScript sources.
const conditions = ['@cl/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks', // onnxruntime keeps native state a process; forks keep test files apart
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    server: { deps: { inline: [/@cl\//] } },
    benchmark: { include: ['bench/**/*.bench.ts'] },
  },
});
