/** Several trials at a time: the same as one after another. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '@cl/hub';
import { expect, test } from 'vitest';
import { executorFor } from '../src/jobs.ts';
import { lazyBackbone } from '../src/lazy-backbone.ts';
import { usualJobs } from '../src/presets.ts';
import type { Flags } from '../src/flags.ts';
import { cl, small, temporaryFolder } from './fixtures/cl.ts';

const readRecord = async (cwd: string, name: string): Promise<RunRecord> =>
  JSON.parse(await readFile(join(cwd, 'runs', name, 'record.json'), 'utf8')) as RunRecord;

/** What a run is about: everything but times, memory and how it was called. */
const results = ({ trials }: RunRecord): unknown =>
  trials.map(({ label, seed, accuracy, metrics, confusions, stateBytes }) => {
    return { label, seed, accuracy, metrics, confusions, stateBytes };
  });

test('a configuration file with plugins and jobs: the other thread reads it too', async () => {
  const cwd = await temporaryFolder();
  const app = new URL('../src/index.ts', import.meta.url).pathname;
  const config = (jobs: number): Promise<void> =>
    writeFile(
      join(cwd, 'cl.config.ts'),
      `import { defineConfig } from ${JSON.stringify(app)};
       const first = {
         '~cl': { version: 1, kind: 'metric' }, name: 'first', label: 'First', formula: 'a₀₀', description: 'The first.',
         better: 'higher', defaults: {}, help: {}, compute: ({ accuracy }: any) => accuracy[0][0],
         schema: { '~standard': { version: 1, vendor: 'test', validate: (value: object) => ({ value }) } },
       } as const;
       export default defineConfig({
         plugins: [first as never], learners: ['nearest-mean', 'rail@dual', 'zero-shot', 'slda'],
         datasets: ['icon-bench,domains=digits+flags'], seeds: [0, 1], jobs: ${jobs},
       });`,
    );
  for (const jobs of [1, 2]) {
    await config(jobs);
    const { code, stderr } = await cl(['run', '--shots', '4', '--name', `with-${jobs}`], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  const one = await readRecord(cwd, 'with-1');
  const two = await readRecord(cwd, 'with-2');
  expect(results(two)).toEqual(results(one));
  expect(two.trials.map(({ jobs }) => jobs)).toEqual(one.trials.map(() => 2));
  expect(one.trials.every((trial) => trial.metrics['first'] !== undefined)).toBe(true);
});

test('learners that train through the backbone do so in any thread, to the same accuracies', async () => {
  const cwd = await temporaryFolder();
  const args = ['--dataset', 'icon-bench,domains=digits', '--shots', '1', '--seeds', '0,1'];
  const learner = ['--learner', 'fine-tuning,epochs=1'];
  for (const jobs of ['1', '2']) {
    const name = ['--jobs', jobs, '--name', jobs];
    const { code, stderr } = await cl(['run', ...args, ...learner, ...name], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  expect(results(await readRecord(cwd, '2'))).toEqual(results(await readRecord(cwd, '1')));
});

test('Ctrl-C stops every thread with exit code 130, and one trial at a time goes on from there', async () => {
  const cwd = await temporaryFolder();
  const args = ['compare', ...small, '--learner', 'nearest-mean', '--learner', 'zero-shot'];
  args.push('--seeds', '0,1,2,3,4,5,6,7', '--name', 'cut');
  const stopped = await cl([...args, '--jobs', '2'], { cwd, interruptAt: '[1/32]' });
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toMatch(
    /stopped after \d+ of 32 experiences.*Run the same command again/u,
  );
  expect(existsSync(join(cwd, 'runs', 'cut', 'x-tail', 'record.json'))).toBe(false);
  const resumed = await cl([...args, '--jobs', '1'], { cwd });
  expect({ code: resumed.code, stderr: resumed.stderr }).toEqual({ code: 0, stderr: '' });
  expect(resumed.stdout).toMatch(/Going on in runs\/cut\/x-tail: \d+ experiences? there already/u);
});

test.each(['0', 'x', '1.5', '-1', ''])(
  '--jobs "%s" is refused with what is expected',
  async (jobs) => {
    const cwd = await temporaryFolder();
    const { code, stderr } = await cl(['run', '--learner', 'zero-shot', `--jobs=${jobs}`], { cwd });
    expect(code).toBe(2);
    expect(stderr).toBe(
      `error: cl run: --jobs is "${jobs}", expected a whole number of at least 1: the trials that go on at a time. ` +
        'Leave it out for one. (INVALID_CONFIG)\n',
    );
  },
);

test('a command that ends before its threads have loaded ends all the same', async () => {
  const cwd = await temporaryFolder();
  const args = ['run', '--preset', 'embedded', '--jobs', '3', '--learner', 'zero-shto'];
  const { code, stderr } = await cl(args, { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('zero-shot');
});

/** Flags of which only jobs is given, or none. */
const flags = (jobs?: string): Flags => ({
  get: (name) => (name === 'jobs' ? jobs : undefined),
  all: () => [],
  has: () => false,
  given: new Map(),
  positionals: [],
});

test('the flag overrules the file, which overrules the preset; one trial at a time otherwise', () => {
  const preset = { help: '', streams: [], datasets: [], backbone: '', learners: [], jobs: 2 };
  const jobsOf = (...given: Parameters<typeof executorFor>): unknown =>
    executorFor(...given).executor?.options?.['jobs'];
  expect(jobsOf('cl run', flags('4'), { jobs: 3 }, preset)).toBe(4);
  expect(jobsOf('cl run', flags(), { jobs: 3 }, preset)).toBe(3);
  expect(jobsOf('cl run', flags(), {}, preset) ?? 1).toBe(usualJobs(preset));
  expect(executorFor('cl run', flags(), {}, undefined)).toEqual({});
  expect(() => executorFor('cl run', flags(), { jobs: 0 }, undefined)).toThrow(
    'cl.config: jobs is 0, expected a whole number of at least 1',
  );
});

test('a backbone is loaded when something is asked of it, and once', async () => {
  let loads = 0;
  const facts = {
    ...{ id: 'b', fingerprint: 'f', device: 'cpu', dtype: 'fp32', imageSize: 2, featureDim: 1 },
    capabilities: ['image-features'] as const,
  };
  const real = {
    ...facts,
    embedImages: async () => ({ rows: 0, cols: 1, data: new Float32Array() }),
    dispose: async () => undefined,
  };
  const backbone = lazyBackbone(facts, async () => {
    loads += 1;
    return real;
  });
  expect(backbone).toMatchObject(facts);
  expect([backbone.embedTexts, backbone.graph, backbone.pixels]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(loads).toBe(0);
  await Promise.all([backbone.embedImages([]), backbone.embedImages([])]);
  expect(loads).toBe(1);
  await backbone.dispose();
});
