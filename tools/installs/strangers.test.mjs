// @ts-check
// What strangers do with the tarballs: make a plugin from the template, build the examples, run both with `cl`.
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { installInto, npmInstall, strangersEnvironment } from './install.mjs';
import { root, run } from './pack.mjs';

const [folder, packed, registry] = [inject('folder'), inject('packed'), inject('registry')];
const place = join(folder, 'strangers');
const examples = join(root, 'examples');

/** @param {string} cwd @param {string[]} command */
async function inside(cwd, ...command) {
  const [name = '', ...args] = command;
  const env = { ...strangersEnvironment(), CL_CACHE_DIR: join(place, 'cache'), NO_COLOR: '1' };
  try {
    return (await run(name, args, { cwd, env, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout: string, stderr: string }} */ (error);
    throw new Error(`${command.join(' ')}: ${stdout}${stderr}`);
  }
}

/** @param {string} path - a repository of a plugin; packed when its tests have passed. */
async function workedOn(path) {
  await npmInstall(path, registry);
  await inside(path, 'npm', 'run', 'typecheck');
  const tests = await inside(path, 'npm', 'test');
  await inside(path, 'npm', 'run', 'build');
  await inside(path, 'npm', 'run', 'docs');
  const [{ filename }] = JSON.parse(
    await inside(path, 'npm', 'pack', '--json', '--ignore-scripts'),
  );
  return { tests, tarball: join(path, filename) };
}

beforeAll(async () => {
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true });
});

afterAll(() => rm(place, { recursive: true, force: true }));

/** Tarballs of plugins that worked, for the last test. @type {string[]} */
const tarballs = [];

test('a learner from the template passes its tests at once', async () => {
  const create = packed.find(({ name }) => name === 'create-cl-plugin')?.path ?? '';
  await installInto(join(place, 'create'), registry, [create]);
  const said = await inside(
    join(place, 'create'),
    ...['npm', 'exec', '--', 'create-cl-plugin', 'my-method', '--kind', 'learner'],
  );
  expect(said).toContain('cl-learner-my-method: 11 files');
  const { tests, tarball } = await workedOn(join(place, 'create', 'cl-learner-my-method'));
  expect(tests).toMatch(/Tests +\d{2,} passed/u);
  tarballs.push(tarball);
});

test('one of every other kind does too', async () => {
  // Each has the same dependencies as the learner: they stand once above them, as in a workspace of somebody's.
  const kinds = ['backbone', 'dataset', 'stream', 'metric', 'reporter'];
  const above = join(place, 'create');
  await cp(join(above, 'cl-learner-my-method', 'node_modules'), join(above, 'node_modules'), {
    recursive: true,
    force: false,
    verbatimSymlinks: true,
  });
  for (const kind of kinds) {
    await inside(above, ...['npx', 'create-cl-plugin', `my-${kind}`, '--kind', kind]);
    const path = join(above, `cl-${kind}-my-${kind}`);
    await inside(path, 'npm', 'run', 'typecheck');
    expect(await inside(path, 'npm', 'test')).toMatch(/Tests +\d{2,} passed/u);
    await inside(path, 'npm', 'run', 'build');
    const [{ filename }] = JSON.parse(
      await inside(path, 'npm', 'pack', '--json', '--ignore-scripts'),
    );
    if (kind === 'metric') tarballs.push(join(path, filename));
  }
});

describe('an example', async () => {
  test.each(await readdir(examples))(
    '%s builds and passes from the tarballs alone',
    async (name) => {
      const path = join(place, name);
      await cp(join(examples, name), path, { recursive: true });
      const { tests, tarball } = await workedOn(path);
      expect(tests).toMatch(/Tests +\d{2,} passed/u);
      tarballs.push(tarball);
    },
  );
});

test('cl finds them by their short names, lists them, and runs them together', async () => {
  const app = join(place, 'app');
  await installInto(app, registry, ['@cl/reference', '@cl/hub', ...tarballs]);
  const list = await inside(app, 'npx', 'cl', 'list');
  expect(list).toMatch(/fecam .*learner of cl-learner-fecam 0\.1\.0/u);
  expect(list).toMatch(/my-method .*learner of cl-learner-my-method 0\.1\.0/u);
  expect(list).toMatch(/precomputed .*backbone of cl-backbone-precomputed 0\.1\.0/u);
  expect(list).toMatch(/my-metric .*metric of cl-metric-my-metric 0\.1\.0/u);
  await writeFile(join(app, 'package.json'), '{ "type": "module", "private": true }');
  const learners = ['--learner', 'fecam', '--learner', 'my-method', '--learner', 'nearest-mean'];
  const dataset = [
    '--dataset',
    'icon-bench,domains=digits+flags',
    '--shots',
    '4',
    '--name',
    'theirs',
  ];
  const record = JSON.parse(
    await inside(
      app,
      'npx',
      'cl',
      'run',
      '--json',
      '--reporter',
      'tensorboard',
      '--metric',
      'my-metric',
      ...dataset,
      ...learners,
    ),
  );
  const last = record.trials.map((/** @type {any} */ one) => [one.plugin, one.metrics.last]);
  expect(last.map(([name]) => name)).toEqual(['fecam', 'my-method', 'nearest-mean']);
  for (const [, accuracy] of last) expect(accuracy).toBeGreaterThan(0.15); // chance: one in 60 classes
  for (const { metrics } of record.trials) expect(metrics['my-metric']).toEqual(expect.any(Number));
  expect(await readdir(join(app, 'runs', 'theirs', 'tensorboard'))).toHaveLength(3);
});
