import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '@cl/hub';
import type { Comparison } from '@cl/report';
import { expect, test } from 'vitest';
import { cl, small, temporaryFolder } from './fixtures/cl.ts';

const streams = [
  ...[
    '--stream',
    'x-tail',
    '--stream',
    'class-incremental,classesPerTask=28,order=random,label=classes',
  ],
];
const learners = ['--learner', 'zero-shot', '--learner', 'nearest-mean'];

test('compares learners over seeds and streams, and adds a learner without doing again what is there', async () => {
  const cwd = await temporaryFolder();
  const args = ['compare', ...small, ...streams, ...learners, '--seeds', '0,1', '--name', 'all'];
  const first = await cl(args, { cwd });
  expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
  expect(first.stdout).toContain('Stream classes (2 of 2)');
  expect(first.stdout).toMatch(/learner +FAA = Last +CAA +Forgetting +Transfer +Average\n/u);
  expect(first.stdout).toMatch(/learner +FAA +CAA +Forgetting\n/u);
  expect(first.stdout).toMatch(/learner +time +memory +trainable +state +keeps of past data\n/u);
  expect(first.stdout.replaceAll(/\s+/gu, ' ')).toContain('Paired t-tests over 2 seeds');
  expect(first.stdout).toContain('page    runs/all/compare.html');
  const files = ['compare.html', 'compare.md', 'x-tail/report.html', 'classes/report.html'];
  for (const file of files) expect(existsSync(join(cwd, 'runs', 'all', file))).toBe(true);

  const grown = await cl([...args, '--learner', 'rail@dual', '--json'], { cwd });
  expect({ code: grown.code, stderr: grown.stderr }).toEqual({ code: 0, stderr: '' });
  const result = JSON.parse(grown.stdout) as Comparison & { files: string[]; folder: string };
  expect(result.streams.map(({ name, seeds }) => [name, seeds])).toEqual([
    ['x-tail', [0, 1]],
    ['classes', [0, 1]],
  ]);
  const labels = result.streams[1]!.learners.map(({ label }) => label);
  expect(labels).toEqual(['zero-shot', 'nearest-mean', 'rail@dual']);
  expect(result.streams[0]!.pairs).toHaveLength(3);
  const folder = join(cwd, 'runs', 'all');
  const events = await readFile(join(folder, 'x-tail', 'events.jsonl'), 'utf8');
  expect(events.match(/"experience-learned"/gu)).toHaveLength(2 * 2 * 3); // two experiences and seeds, three learners
  const record = JSON.parse(
    await readFile(join(folder, 'classes', 'record.json'), 'utf8'),
  ) as RunRecord;
  expect(record.command).toContain('cl compare --dataset icon-bench,domains=digits+flags');

  await writeFile(join(folder, 'compare.html'), 'spoilt');
  const rendered = await cl(['report', 'all'], { cwd });
  expect(rendered.stdout.split('\n')).toEqual([
    'runs/all/compare.html',
    'runs/all/compare.md',
    'runs/all/compare.json',
    'runs/all/x-tail/report.html',
    'runs/all/classes/report.html',
    '',
  ]);
  expect(await readFile(join(folder, 'compare.html'), 'utf8')).toContain('rail@dual');
});

test('stops at Ctrl-C with exit code 130, and the same command finishes', async () => {
  const cwd = await temporaryFolder();
  const args = ['compare', ...small, ...streams, '--learner', 'nearest-mean', '--name', 'cut'];
  const stopped = await cl(args, { cwd, interruptAt: 'Stream classes' });
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain('Run the same command again');
  const resumed = await cl(args, { cwd });
  expect(resumed.code).toBe(0);
  expect(resumed.stdout).toContain('The run in runs/cut/x-tail is finished already.');
  const { streams: done } = JSON.parse(
    await readFile(join(cwd, 'runs', 'cut', 'compare.json'), 'utf8'),
  ) as Comparison;
  expect(done.map(({ seeds }) => seeds)).toEqual([
    [0, 1, 2],
    [0, 1, 2],
  ]); // the default
});

test('sweeps an option: a learner a value, named by it, and a figure in the report', async () => {
  const cwd = await temporaryFolder();
  const args = ['run', ...small, '--learner', 'rail@dual', '--learner', 'zero-shot'];
  const { code, stderr } = await cl(
    [...args, '--sweep', 'dualRidge=0.001,0.1,10', '--name', 'swept'],
    { cwd },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { trials } = JSON.parse(
    await readFile(join(cwd, 'runs', 'swept', 'record.json'), 'utf8'),
  ) as RunRecord;
  expect(trials.map(({ label, options }) => [label, options['dualRidge']])).toEqual([
    ['rail@dual dualRidge=0.001', 0.001],
    ['rail@dual dualRidge=0.1', 0.1],
    ['rail@dual dualRidge=10', 10],
    ['zero-shot', undefined],
  ]);
  const page = await readFile(join(cwd, 'runs', 'swept', 'report.html'), 'utf8');
  expect(page).toMatch(/aria-label="Last over dualRidge\. rail@dual: 0\.001: \d+\.\d %, 0\.1: /u);
});

const mistakes = [
  {
    what: 'an unknown learner in a comparison',
    args: ['compare', '--learner', 'rial'],
    says: ['no learner "rial", did you mean "rail"?', 'UNKNOWN_PLUGIN'],
  },
  {
    what: 'a comparison without a learner',
    args: ['compare', '--stream', 'x-tail'],
    says: ['cl compare: no learner, expected at least one'],
  },
  {
    what: 'a comparison of an unknown preset',
    args: ['compare', '--preset', 'embeded'],
    says: ['cl compare: no preset "embeded", did you mean "embedded"?'],
  },
  {
    what: 'two streams of one name',
    args: ['compare', ...learners, '--stream', 'x-tail', '--stream', 'x-tail'],
    says: ['two streams are called "x-tail"'],
  },
  {
    what: 'a flag of another command',
    args: ['compare', '--stremas', 'x-tail'],
    says: ['cl compare: no flag "--stremas", did you mean "--stream"?'],
  },
  {
    what: 'a sweep of an unknown option',
    args: ['run', '--learner', 'rail', '--sweep', 'rail.rigde=1,2'],
    says: ['learner "rail": no option "rigde" to sweep, did you mean "ridge"?', 'UNKNOWN_OPTION'],
  },
];
test.each(mistakes)('refuses $what with exit code 2', async ({ args, says }) => {
  const cwd = await temporaryFolder();
  const { code, stdout, stderr } = await cl(args, { cwd });
  expect({ code, stdout: stdout.replace(/^features.*\n/gmu, '') }).toEqual({ code: 2, stdout: '' });
  for (const text of says) expect(stderr).toContain(text);
  expect(existsSync(join(cwd, 'runs'))).toBe(false);
});
