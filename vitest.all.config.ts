import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import one from './vitest.config.ts';

// All packages in one run (`npm test`): their files share two workers, so that none waits for the last file of another package.
const folders = ['packages', 'apps'].flatMap((group) =>
  readdirSync(new URL(group, import.meta.url)).map((name) => `${group}/${name}`),
);

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: folders.map((name) =>
      mergeConfig(one, { root: fileURLToPath(new URL(name, import.meta.url)), test: { name } }),
    ),
  },
});
