/** What is loaded before anything is asked for: names, options and promises of plugins, not what does their work. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from './fixtures/cl.ts';

/** All that `cl run` and its threads load before they know what is wanted, every embedded plugin with it. */
const start = new URL('../dist/commands/run.js', import.meta.url).href;

/** Files that a process loads with a module, from the packages' own folders: `packages/rail/dist/plugin.js`. */
async function loadedWith(module: string): Promise<readonly string[]> {
  const list = join(await temporaryFolder(), 'modules.txt');
  const hooks = `import { appendFileSync } from 'node:fs';
    export async function load(url, context, next) {
      appendFileSync(${JSON.stringify(list)}, url + '\\n');
      return next(url, context);
    }`;
  const url = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
  const registered = url(
    `import { register } from 'node:module'; register(${JSON.stringify(url(hooks))});`,
  );
  const code = `await import(${JSON.stringify(module)})`;
  const args = ['--import', registered, '--input-type=module', '-e', code];
  await promisify(execFile)(process.execPath, args);
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  return (await readFile(list, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('file:'))
    .map((line) => fileURLToPath(line).replace(root, '').replaceAll('\\', '/'));
}

test('plugins are known without what learns, reads, decodes, draws or renders', async () => {
  const loaded = await loadedWith(start);
  const below = (folder: string): readonly string[] =>
    loaded.filter((file) => file.includes(`${folder}/`));

  for (const name of ['rail', 'sotu', 'vq-prompt', 'baselines', 'datasets', 'backbone', 'report']) {
    expect(below(`packages/${name}`), name).not.toEqual([]);
  }
  const heavy = [
    ...['packages/autodiff', 'packages/datasets/dist/tree', 'packages/report/dist/sections'],
    ...['sharp', 'csv-parse', 'log-update', 'vega'].map((name) => `node_modules/${name}`),
  ];
  expect(heavy.flatMap(below)).toEqual([]);
});
