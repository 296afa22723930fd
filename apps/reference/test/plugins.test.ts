// Plugins of others: found by package name, short name, path, or the name that their package announces.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRegistry, isClError, type ClError, type RunRecord } from '@cl/hub';
import { nearestMean } from '@cl/baselines';
import { describe, expect, test } from 'vitest';
import { findPackages } from '../src/plugins/installed.ts';
import { nameIn, withPlugins, withWanted } from '../src/plugins/resolve.ts';
import { cl, temporaryFolder } from './fixtures/cl.ts';

const own = createRegistry(nearestMean);

/** The source of a module with one learner, which always answers with the first class. */
const moduleOf = (name: string, version = 1, create = 'new Learner()'): string => `
class Learner {
  classes = []; experiences = 0;
  async learn({ classes }) { this.classes = [...this.classes, ...classes]; this.experiences += 1; }
  async predict(images, { candidates = this.classes } = {}) {
    const values = new Float32Array(images.length * candidates.length);
    for (let i = 0; i < images.length; i += 1) values[i * candidates.length] = 1;
    return { classes: candidates, values, sources: images.map(() => 'adapter') };
  }
  async save() { return { classes: this.classes, experiences: this.experiences, values: {}, tensors: {} }; }
  async dispose() {}
}
export const plugin = {
  '~cl': { version: ${version}, kind: 'learner' }, name: '${name}', description: 'The first class, always.',
  defaults: { depth: 1 }, help: { depth: 'Of nothing.' },
  schema: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
  needs: [], scenarios: ['class-incremental', 'x-tail'],
  capabilities: () => ({ exemplarFree: true, mergeable: false, unlearn: false, deterministic: true, openVocabulary: false }),
  create: async () => ${create}, restore: async () => new Learner(),
};
`;

/** The source of a module with a metric: the lowest accuracy of the last row. */
const metricModule = `
export const worst = {
  '~cl': { version: 1, kind: 'metric' }, name: 'worst', description: 'The test set that went worst.',
  label: 'Worst', formula: 'min over j of A[T,j]', better: 'higher', defaults: {}, help: {},
  schema: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
  compute: ({ accuracy }) => Math.min(...accuracy.at(-1).map((value) => value ?? 1)),
};
`;

/** Installs a package with a plugin, by hand. */
async function install(
  folder: string,
  name: string,
  {
    learner = 'first',
    kind = 'learner',
    protocol = 1 as number | 'none',
    source = moduleOf(learner),
  } = {},
): Promise<void> {
  const path = join(folder, 'node_modules', name);
  await mkdir(path, { recursive: true });
  const plugins = [{ kind, name: learner, description: 'The first class, always.' }];
  const manifest = {
    name,
    version: '1.2.0',
    type: 'module',
    exports: './index.js',
    cl: { protocol: protocol === 'none' ? undefined : protocol, plugins },
  };
  await writeFile(join(path, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(path, 'index.js'), source);
}

/** What asking for a learner comes to: the name of its plugin, or an error. */
async function asked(folder: string, name: string): Promise<string | ClError> {
  try {
    const registry = await withWanted(own, [{ kind: 'learner', name }], folder);
    return registry.get('learner', name).name;
  } catch (error) {
    if (isClError(error)) return error;
    throw error;
  }
}

describe('a learner is found', () => {
  test.each([
    ['by the name of its package', 'cl-learner-my-method', 'cl-learner-my-method'],
    ['by the short name of its package', 'cl-learner-my-method', 'my-method'],
    ['by a short name with a scope', '@me/cl-learner-my-method', '@me/my-method'],
    ['by the name that its package announces', 'cl-learner-my-method', 'first'],
  ])('%s', async (_, name, written) => {
    const folder = await temporaryFolder();
    await install(folder, name);
    expect(await asked(folder, written)).toBe('first');
    expect(await asked(join(folder, 'deeper'), written)).toBe('first'); // as Node looks for packages
  });

  test('by the path of a TypeScript file', async () => {
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, 'mine.ts'),
      `${moduleOf('mine')}export const typed: number = 1;\n`,
    );
    expect(await asked(folder, './mine.ts')).toBe('mine');
  });

  test('among those of the toolkit before any package is looked at', async () => {
    const folder = await temporaryFolder();
    await install(folder, 'cl-learner-nearest-mean', { source: 'throw new Error("imported");' });
    expect(await asked(folder, 'nearest-mean')).toBe('nearest-mean');
  });
});

describe('what cannot be used is refused, naming the package:', () => {
  test('nothing of that name', async () => {
    const folder = await temporaryFolder();
    await install(folder, 'cl-learner-first');
    expect(await asked(folder, 'frist')).toMatchObject({
      code: 'UNKNOWN_PLUGIN',
      message:
        'cl: no learner "frist", did you mean "first"? Known: nearest-mean, first. ' +
        'Not installed either: frist, cl-learner-frist.',
    });
  });

  test.each([
    [2, 'speaks protocol 2, expected 1. Update the toolkit: the packages @cl/… of this project.'],
    [0, 'speaks protocol 0, expected 1. Update the plugin: npm install cl-learner-first@latest.'],
    [
      'none' as const,
      'its package.json says no protocol, expected "cl": { "protocol": 1, "plugins": […] }.',
    ],
  ])('protocol %s, before it is imported', async (protocol, said) => {
    const folder = await temporaryFolder();
    const source = 'throw new Error("imported");';
    await install(folder, 'cl-learner-first', { protocol, source });
    const error = await asked(folder, 'cl-learner-first');
    expect(error).toMatchObject({ code: 'PROTOCOL_VERSION' });
    expect((error as ClError).message).toContain(`plugin package cl-learner-first 1.2.0: ${said}`);
  });

  test('a plugin whose own brand is of another protocol', async () => {
    const folder = await temporaryFolder();
    await install(folder, 'cl-learner-first', { source: moduleOf('first', 3) });
    const error = await asked(folder, 'cl-learner-first');
    expect(error).toMatchObject({ code: 'PROTOCOL_VERSION' });
    expect((error as ClError).message).toBe(
      'cl-learner-first: learner "first": speaks protocol 3, expected 1. Update @cl/hub.',
    );
  });

  test('a module that throws while it loads', async () => {
    const folder = await temporaryFolder();
    await install(folder, 'cl-learner-first', { source: 'throw new Error("no licence");' });
    const error = await asked(folder, 'first');
    expect(error).toMatchObject({ code: 'PLUGIN_FAILED' });
    expect((error as ClError).message).toContain(
      'plugin cl-learner-first: does not load: no licence',
    );
  });

  test('a module without a plugin', async () => {
    const folder = await temporaryFolder();
    await install(folder, 'cl-learner-first', { source: 'export const fit = () => 1;' });
    expect(await asked(folder, 'first')).toMatchObject({
      code: 'UNKNOWN_PLUGIN',
      message:
        'cl-learner-first: exports fit, expected a plugin. Export what defineLearner() or another define… of @cl/hub returns.',
    });
  });

  test('a name that the toolkit uses already', async () => {
    const folder = await temporaryFolder();
    await install(folder, 'cl-learner-better-mean', { learner: 'nearest-mean' });
    const error = await asked(folder, 'better-mean');
    expect(error).toMatchObject({ code: 'INVALID_CONFIG' });
    expect((error as ClError).message).toContain(
      'cl-learner-better-mean 1.2.0: brings learner "nearest-mean", and there is one of that name already.',
    );
  });

  test('a name that two packages announce', async () => {
    const folder = await temporaryFolder();
    await install(folder, 'cl-learner-a');
    await install(folder, 'cl-learner-b');
    const error = await asked(folder, 'first');
    expect((error as ClError).message).toBe(
      'cl: learner "first" is what cl-learner-a and cl-learner-b call theirs. Write the package\'s name: cl-learner-a.',
    );
    expect(await asked(folder, 'cl-learner-b')).toBe('first');
  });

  test('a path where there is nothing', async () => {
    const folder = await temporaryFolder();
    const error = await asked(folder, './no.ts');
    expect((error as ClError).message).toContain(`${join(folder, 'no.ts')} does not exist`);
  });

  test('a package in cl.config.ts that is not installed', async () => {
    const folder = await temporaryFolder();
    await expect(withPlugins(own, ['cl-learner-none'], folder)).rejects.toThrow(
      'cl.config: plugin package "cl-learner-none" is not installed, or says nothing of plugins. npm install cl-learner-none.',
    );
  });
});

test('a name is told from scope, preset and options', () => {
  const names = [
    'rail',
    'rail@dual,ridge=1',
    '@me/x',
    '@me/x@p',
    './a@b/x.ts',
    './x.ts@p,d=1',
    'x,l=a@b',
  ];
  expect(names.map(nameIn)).toEqual([
    'rail',
    'rail',
    '@me/x',
    '@me/x',
    './a@b/x.ts',
    './x.ts',
    'x',
  ]);
});

test('packages are found without importing them, with and without cl- in front', async () => {
  const folder = await temporaryFolder();
  const source = 'throw new Error("imported");';
  await install(folder, 'cl-learner-first', { source });
  await install(folder, 'my-tools', { learner: 'second', source });
  await install(folder, 'not-named-in-package-json', { learner: 'third', source });
  await writeFile(join(folder, 'package.json'), '{ "dependencies": { "my-tools": "1.2.0" } }');
  expect(findPackages(folder).map(({ name }) => name)).toEqual(['cl-learner-first', 'my-tools']);
});

describe('the command line', () => {
  test('lists what is installed with its trouble, and one with its options', async () => {
    const cwd = await temporaryFolder();
    await install(cwd, 'cl-learner-first');
    await install(cwd, 'cl-learner-late', { learner: 'late', protocol: 2 });
    const { stdout } = await cl(['list', 'learners'], { cwd });
    expect(stdout).toMatch(
      /^ {2}first +The first class, always\. {2}learner of cl-learner-first 1\.2\.0$/mu,
    );
    expect(stdout).toContain('cl-learner-late 1.2.0: speaks protocol 2, not 1; update @cl');
    const one = await cl(['list', 'first'], { cwd });
    expect(one.stdout).toMatch(
      /^first \(learner\): The first class, always\.\n.*\n {2}depth +Of nothing\. \(1\)$/mu,
    );
  });

  test('runs one that is named by its short name, with its options as flags', async () => {
    const cwd = await temporaryFolder();
    await install(cwd, 'cl-learner-short', { learner: 'first' });
    const args = [
      '--dataset',
      'icon-bench,domains=digits+flags',
      '--shots',
      '1',
      '--name',
      'guest',
      '--json',
    ];
    const { stdout, stderr } = await cl(
      ['run', '--learner', 'short', '--first.depth', '3', ...args],
      { cwd },
    );
    expect(stderr).toBe('');
    const record = JSON.parse(stdout) as { trials: { label: string; options: object }[] };
    expect(record.trials).toMatchObject([{ label: 'first', options: { depth: 3 } }]);
  });

  test('names a plugin that returns no learner, and what it returned', async () => {
    const cwd = await temporaryFolder();
    await install(cwd, 'cl-learner-first', { source: moduleOf('first', 1, '({ fit: 1 })') });
    const args = ['--dataset', 'icon-bench,domains=digits', '--shots', '1', '--json'];
    const { code, stderr } = await cl(['run', '--learner', 'first', ...args], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'learner "first": create() returned an object with fit, expected a Learner',
    );
    expect(stderr).toContain('(PLUGIN_FAILED)');
  });

  test('tells a learner that asks for more memory than there is, and exits with 1', async () => {
    const cwd = await temporaryFolder();
    await install(cwd, 'cl-learner-first', {
      source: moduleOf('first', 1, 'new ArrayBuffer(2 ** 52)'),
    });
    const args = ['--dataset', 'icon-bench,domains=digits', '--shots', '1'];
    const { code, stderr } = await cl(['run', '--learner', 'first', ...args], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: run: "first" with seed 0: learner "first": create\(\): memory ran out \(Array buffer allocation failed\), .*\(OUT_OF_MEMORY\)$/mu,
    );
  });

  test('computes the metric of a package, and shows it in the table, the record and the report', async () => {
    const cwd = await temporaryFolder();
    await install(cwd, 'cl-metric-worst', {
      source: metricModule,
      kind: 'metric',
      learner: 'worst',
    });
    const args = ['--dataset', 'icon-bench,domains=digits+flags', '--shots', '1', '--name', 'm'];
    const base = ['run', '--learner', 'nearest-mean', ...args];
    const { stdout, stderr } = await cl([...base, '--metric', 'worst'], { cwd });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^learner +Transfer +Average +Last +Worst +time +state$/mu);
    const record = JSON.parse(
      await readFile(join(cwd, 'runs', 'm', 'record.json'), 'utf8'),
    ) as RunRecord;
    const { accuracy, metrics } = record.trials[0]!;
    expect(metrics['worst']).toBe(Math.min(...accuracy.at(-1)!.map((value) => value!)));
    const report = await readFile(join(cwd, 'runs', 'm', 'report.html'), 'utf8');
    expect(report).toContain('min over j of A[T,j]');
  });

  test('puts a plugin that is a value of cl.config.ts under guard, and refuses a name that is taken', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'mine.ts'), moduleOf('mine', 1, '({ fit: 1 })'));
    const config = (more: string): Promise<void> =>
      writeFile(
        join(cwd, 'cl.config.ts'),
        `import { plugin } from './mine.ts';\nexport default { ${more}, datasets: ['icon-bench,domains=digits'] };`,
      );
    await config("plugins: [plugin], learners: ['mine']");
    const named = await cl(['run'], { cwd });
    expect(named.stderr).toContain(
      'learner "mine": create() returned an object with fit, expected',
    );
    await config('learners: [{ plugin }]');
    const value = await cl(['run'], { cwd });
    expect(value.stderr).toContain(
      'learner "mine": create() returned an object with fit, expected',
    );
    await config("learners: [{ plugin: { name: 'mine' } }]");
    const none = await cl(['run'], { cwd });
    expect(none.stderr).toContain(
      'plugin: found a value without the "~cl" brand, expected a learner.',
    );
    expect(none.code).toBe(2);
    await config("plugins: [{ ...plugin, name: 'rail' }], learners: ['rail']");
    const taken = await cl(['run'], { cwd });
    expect(taken.stderr).toContain(
      'cl.config: brings learner "rail", and there is one of that name already.',
    );
  });

  test('takes plugins of packages and files in cl.config.ts', async () => {
    const cwd = await temporaryFolder();
    await install(cwd, 'cl-learner-first');
    await writeFile(join(cwd, 'mine.ts'), moduleOf('mine'));
    const config = "export default { plugins: ['cl-learner-first', './mine.ts'] };";
    await writeFile(join(cwd, 'cl.config.ts'), config);
    const { stdout } = await cl(['list', 'mine'], { cwd });
    expect(stdout).toContain('mine (learner)');
  });
});
