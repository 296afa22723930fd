import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '@cl/hub';
import type { CompareConfig } from '@cl/runner';
import { expect, test } from 'vitest';
import { readCompareRequest } from '../src/compare-request.ts';
import { readFlags } from '../src/flags.ts';
import { listRecipes, loadRecipe } from '../src/recipes.ts';
import { registry } from '../src/registry.ts';
import { readRequest } from '../src/request.ts';
import { cl, temporaryFolder } from './fixtures/cl.ts';

const noFlags = readFlags('cl run', [], {});
const configs = await Promise.all(
  listRecipes().map(async ({ name }) => ({ name, config: await loadRecipe(name) })),
);

test('there is a recipe for each method with published tables', () => {
  expect(configs.map(({ name }) => name)).toEqual([
    'fine-tuning',
    'prompt-baselines',
    'rail-mtil',
    'rail-x-tail',
    'ranpac',
    'sotu',
    'vq-prompt-cifar100',
    'vq-prompt-cub-200',
    'vq-prompt-imagenet-a',
    'vq-prompt-imagenet-r',
  ]);
});

test.each(configs)(
  '$name: every option of every variant is one of its plugin, in range',
  async ({ name, config }) => {
    expect(config.description).toBeDefined();
    const variants = Object.keys(config.variants ?? {});
    expect(variants).toContain('embedded');
    for (const variant of ['', ...variants.map((one) => `@${one}`)]) {
      const chosen = await loadRecipe(name + variant);
      const request = await readRequest(noFlags, chosen, registry); // resolves all options
      expect(request.name).toBe(name + variant);
      const embedded = request.datasets.every(({ plugin }) => plugin.name === 'icon-bench');
      expect(embedded).toBe(variant === '@embedded');
      expect(request.backboneChoice.name === 'tiny-clip').toBe(embedded);
      const scenario = request.stream.plugin.scenario;
      for (const { plugin } of request.learners) expect(plugin.scenarios).toContain(scenario);
    }
  },
);

test('the embedded comparison has every kind of learner, every option in range, and learners that can do its stream', async () => {
  const request = await readCompareRequest(noFlags, { preset: 'embedded' }, registry);
  expect(request.seeds).toEqual([0, 1, 2]);
  expect(request.name).toBe('compare-embedded');
  const [{ stream }] = request.streams as [CompareConfig['streams'][number]];
  const kinds = new Set(request.learners.map(({ plugin }) => plugin.name));
  expect(kinds).toEqual(new Set(registry.list('learner').map(({ name }) => name)));
  for (const { plugin } of request.learners) {
    expect(plugin.scenarios).toContain(stream.plugin.scenario);
  }
});

test('holds the numbers of papers and code: VQ-Prompt on CIFAR-100, RAIL on X-TAIL', async () => {
  const vq = await readRequest(noFlags, await loadRecipe('vq-prompt-cifar100@seed-1'), registry);
  expect(vq.seeds).toEqual([1]);
  expect(vq.stream.options).toMatchObject({ classesPerTask: 10, order: 'python', orderSeed: 1 });
  expect(vq.learners[0]).toMatchObject({ preset: 'cifar100', label: 'vq-prompt' });
  const rail = await readRequest(noFlags, await loadRecipe('rail-x-tail'), registry);
  expect(rail.seeds).toEqual([42]);
  expect(rail.stream.preset).toBe('paper');
  expect(rail.datasets).toHaveLength(10);
});

test.each(configs.map(({ name }) => `recipes/${name}@embedded`))(
  'cl run %s runs without a download, and learns',
  async (recipe) => {
    const cwd = await temporaryFolder();
    const { code, stdout, stderr } = await cl(['run', recipe], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const name = recipe.replace('recipes/', '');
    expect(stdout).toContain(`report  runs/${name}/report.html`);
    expect(stdout).not.toContain('published');
    const record = await readFile(join(cwd, 'runs', name, 'record.json'), 'utf8');
    const { trials } = JSON.parse(record) as RunRecord;
    for (const { metrics } of trials) {
      expect(metrics['final-average-accuracy']).toBeGreaterThan(0.3); // ten classes or more
    }
  },
);

test('a recipe of one’s own is found in recipes/, shows what was published, and flags overrule it', async () => {
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, 'recipes'));
  await writeFile(
    join(cwd, 'recipes', 'mine.mjs'),
    `export default { published: '99.9 of anything', datasets: ['icon-bench,domains=digits'], learners: ['nearest-mean'] };`,
  );
  const { code, stdout } = await cl(['run', 'mine', '--learner', 'zero-shot', '--shots', '2'], {
    cwd,
  });
  expect(code).toBe(0);
  expect(stdout).toContain('published  99.9 of anything');
  expect(stdout).toMatch(/^zero-shot +/mu);
  expect(stdout).toContain('runs/mine/report.html');
});

test('names the nearest recipe or variant, and refuses two configurations', async () => {
  const cwd = await temporaryFolder();
  const refused = async (args: string[], says: string): Promise<void> => {
    const { code, stderr } = await cl(['run', ...args], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  };
  await refused(
    ['rail-xtail'],
    'no recipe "rail-xtail", did you mean "rail-x-tail"? Recipes: fine-tuning, ',
  );
  await refused(['recipes/sotuu'], 'did you mean "sotu"?');
  await refused(
    ['rail-x-tail@embeded'],
    'recipe "rail-x-tail": no variant "embeded", did you mean "embedded"?',
  );
  await refused(['sotu', '--config', 'x.ts'], 'both the recipe sotu and --config x.ts are given');
});
