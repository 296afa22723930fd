import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '@cl/hub';
import { expect, test } from 'vitest';
import { cl, small, temporaryFolder } from './fixtures/cl.ts';

const readRecord = async (cwd: string, name: string): Promise<RunRecord> =>
  JSON.parse(await readFile(join(cwd, 'runs', name, 'record.json'), 'utf8')) as RunRecord;

/** The record without what differs between two runs of the same: times, memory, the command. */
function comparable(record: RunRecord): unknown {
  const trials = record.trials.map((trial) => ({ ...trial, phases: [], peakMemoryBytes: 0 }));
  return { ...record, name: '', startedAt: '', command: '', trials };
}

test('runs learners over two domains, reports, and says where everything is', async () => {
  const cwd = await temporaryFolder();
  const learners = ['--learner', 'zero-shot', '--learner', 'rail@dual,dualRidge=0.01'];
  const { code, stdout, stderr } = await cl(['run', ...small, ...learners, '--name', 'first'], {
    cwd,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('[4/4] rail@dual,dualRidge=0.01 · 2/2 flags · accuracy ');
  expect(stdout).toMatch(/learner +Transfer +Average +Last/u);
  expect(stdout).toContain('report  runs/first/report.html');
  const record = await readRecord(cwd, 'first');
  expect(record.trials.map(({ label, options }) => [label, options['dualRidge']])).toEqual([
    ['zero-shot', undefined],
    ['rail@dual,dualRidge=0.01', 0.01],
  ]);
  expect(record.command).toContain('cl run --dataset icon-bench,domains=digits+flags --shots 4');
  const [zeroShot, rail] = record.trials;
  expect(zeroShot!.accuracy[0]).toEqual(zeroShot!.accuracy[1]);
  expect(rail!.accuracy[0]![1]).toBe(zeroShot!.accuracy[0]![1]); // flags were not learned yet
  expect(rail!.metrics['last']).toBeGreaterThan(zeroShot!.metrics['last']!);
  expect(rail!.accuracy[1]![1]).toBeGreaterThan(zeroShot!.accuracy[1]![1]!);
  const html = await readFile(join(cwd, 'runs', 'first', 'report.html'), 'utf8');
  expect(html).toContain('rail@dual,dualRidge=0.01');

  const again = await cl(['run', ...small, ...learners, '--name', 'first'], { cwd });
  expect(again.code).toBe(0);
  expect(again.stdout).toContain('is finished already. (--fresh runs it again');

  const rendered = await cl(['report', 'first'], { cwd });
  expect(rendered).toEqual({ code: 0, stdout: 'runs/first/report.html\n', stderr: '' });
});

test('prints nothing but the result as JSON when asked, for each seed', async () => {
  const cwd = await temporaryFolder();
  const args = ['--learner', 'nearest-mean', '--seeds', '0,1', '--json', '--shots', '2'];
  const { code, stdout, stderr } = await cl(['run', ...small.slice(0, 2), ...args], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const result = JSON.parse(stdout) as RunRecord & { report: string };
  expect(result.trials.map(({ seed }) => seed)).toEqual([0, 1]);
  expect(result.trials[0]!.accuracy).not.toEqual(result.trials[1]!.accuracy); // other shots
  expect(existsSync(result.report)).toBe(true);
});

test('makes the pictures of a report once: they come from the cache then, in every job thread', async () => {
  const cwd = await temporaryFolder();
  const cache = join(cwd, 'cache');
  const args = ['run', ...small, '--learner', 'nearest-mean', '--learner', 'zero-shot'];
  args.push('--jobs', '2', '--cache-dir', cache);
  const picturesOf = async (name: string): Promise<readonly number[]> => {
    expect((await cl([...args, '--name', name], { cwd })).code).toBe(0);
    const { trials } = await readRecord(cwd, name);
    return trials.map(({ examples }) => new Set(examples.map((one) => one.thumbnail)).size);
  };
  const [first, second] = await picturesOf('first');
  expect(Math.min(first!, second!)).toBeGreaterThan(5);

  const folder = join(cache, 'thumbnails');
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith('.webp')).map((name) => join(folder, name));
  expect(files.length).toBeGreaterThanOrEqual(Math.max(first!, second!));
  for (const file of files.slice(1)) await copyFile(files[0]!, file);
  expect(await picturesOf('second')).toEqual([1, 1]);
});

test('stops at Ctrl-C with exit code 130, and the same command goes on to the same record', async () => {
  const cwd = await temporaryFolder();
  const args = ['run', ...small, '--learner', 'nearest-mean', '--learner', 'zero-shot'];
  args.push('--seeds', '0,1,2,3,4,5,6,7');
  const stopped = await cl([...args, '--name', 'cut'], { cwd, interruptAt: '[1/32]' });
  expect(stopped.code).toBe(130);
  expect(stopped.stdout).toContain('Stopping at the next safe point.');
  expect(stopped.stderr).toMatch(
    /stopped after \d+ of 32 experiences.*Run the same command again/u,
  );
  expect(existsSync(join(cwd, 'runs', 'cut', 'record.json'))).toBe(false);
  const resumed = await cl([...args, '--name', 'cut'], { cwd });
  expect(resumed.code).toBe(0);
  expect(resumed.stdout).toMatch(/Going on in runs\/cut: \d+ experiences? there already/u);
  expect((await cl([...args, '--name', 'whole'], { cwd })).code).toBe(0);
  expect(comparable(await readRecord(cwd, 'cut'))).toEqual(
    comparable(await readRecord(cwd, 'whole')),
  );
});

test('replaces a finished run under its default name, and says so', async () => {
  const cwd = await temporaryFolder();
  const args = ['run', ...small, '--learner', 'zero-shot'];
  const first = await cl(args, { cwd });
  const name = /runs\/(x-tail-icon-bench-[0-9a-f]{4})\//u.exec(first.stdout)?.[1];
  expect(name).toBeDefined();
  const second = await cl(args, { cwd });
  expect(second.code).toBe(0);
  expect(second.stdout).toContain(`Replacing the run in runs/${name!}.`);
});

test('takes a run from cl.config.ts, with a plugin of its own', async () => {
  const cwd = await temporaryFolder();
  const app = new URL('../src/index.ts', import.meta.url).pathname;
  await writeFile(
    join(cwd, 'cl.config.ts'),
    `import { defineConfig } from ${JSON.stringify(app)};
     const brand = { '~cl': { version: 1, kind: 'learner' } } as const;
     const guess = {
       ...brand, name: 'guess', description: 'Always the first class.', defaults: { luck: 1 },
       help: { luck: 'not used' }, needs: [], scenarios: ['x-tail'],
       schema: { '~standard': { version: 1, vendor: 'test', validate: (value: object) => ({ value }) } },
       capabilities: () => ({ exemplarFree: true, mergeable: false, unlearn: false, deterministic: true, openVocabulary: true }),
       async create() { return make(0, []); },
       async restore(state: any) { return make(state.experiences, state.classes); },
     };
     function make(experiences: number, classes: any[]) {
       return {
         get experiences() { return experiences; }, get classes() { return classes; },
         async learn(e: any) { experiences += 1; classes = [...classes, ...e.classes]; },
         async predict(images: any[], { candidates }: any) {
           const values = new Float32Array(images.length * candidates.length);
           images.forEach((_, i) => { values[i * candidates.length] = 1; });
           return { classes: candidates, values, sources: images.map(() => 'adapter') };
         },
         async save() { return { classes, experiences, values: {}, tensors: {} }; },
         async dispose() {},
       };
     }
     export default defineConfig({
       name: 'mine', plugins: [guess as never], learners: ['guess,luck=3'],
       datasets: ['icon-bench,domains=digits'],
     });`,
  );
  const { code, stderr } = await cl(['run', '--shots', '4', '--guess.luck', '5'], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { trials } = await readRecord(cwd, 'mine');
  expect(trials[0]!.options).toEqual({ luck: 5 }); // the flag overrules the file
  expect(trials[0]!.accuracy).toEqual([[0.1]]); // one of ten digits, 18 images each
});
