/** What is loaded before anything is asked for: names, options and promises of plugins, not what does their work. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from './fixtures/cl.ts';

const cl = fileURLToPath(new URL('../bin/cl.js', import.meta.url));

/** Files that `cl` loads, from the packages' own folders: `packages/rail/dist/plugin.js`. */
async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
  const folder = await temporaryFolder();
  const list = join(folder, 'modules.txt');
  const hooks = `import { appendFileSync } from 'node:fs';
    export async function load(url, context, next) {
      appendFileSync(${JSON.stringify(list)}, url + '\\n');
      return next(url, context);
    }`;
  const url = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
  const registered = url(
    `import { register } from 'node:module'; register(${JSON.stringify(url(hooks))});`,
  );
  await promisify(execFile)(process.execPath, ['--import', registered, cl, ...args], {
    cwd: folder,
  });
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  return (await readFile(list, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('file:'))
    .map((line) => fileURLToPath(line).replace(root, '').replaceAll('\\', '/'));
}

const commands = ['list', 'run --help'];

test.each(commands)('cl %s knows plugins without what does their work', async (command) => {
  const loaded = await loadedBy(command.split(' '));
  const below = (folder: string): readonly string[] =>
    loaded.filter((file) => file.includes(`${folder}/`));

  for (const name of ['rail', 'sotu', 'vq-prompt', 'baselines', 'datasets', 'backbone', 'report']) {
    expect(below(`packages/${name}`), name).not.toEqual([]);
  }
  const heavy = [
    ...['linalg', 'onnx', 'autodiff', 'zero-shot'].map((name) => `packages/${name}`),
    ...['packages/datasets/dist/tree', 'packages/report/dist/sections'],
    ...['onnxruntime-node', '@bufbuild/protobuf'].map((name) => `node_modules/${name}`),
    ...['sharp', 'csv-parse', 'log-update', 'vega'].map((name) => `node_modules/${name}`),
  ];
  expect(heavy.flatMap(below)).toEqual([]);
});
