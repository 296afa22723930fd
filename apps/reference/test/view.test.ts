import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { describe } from '../src/errors.ts';
import { activity, frame } from '../src/view/live.ts';
import { bar, bytes, clip, duration, percent, plain } from '../src/view/format.ts';
import { matrixLines } from '../src/view/matrix.ts';
import { createPlainView } from '../src/view/plain.ts';
import { RunProgress } from '../src/view/progress.ts';
import { createStyle } from '../src/view/style.ts';

const style = createStyle(false);
const domains = ['animals', 'devices', 'digits', 'flags', 'food', 'greek', 'interface', 'letters'];
const ten = [...domains, 'transport', 'weather'];
const rows = ten.map((_, i) => ten.map((_, j) => (i + j) / 100));

test('writes numbers as people read them', () => {
  expect([percent(0.7442), percent(1), percent(null), percent(0.745, 0)]).toEqual([
    '74.4',
    '100.0',
    '–',
    '75',
  ]);
  expect([400, 9_940, 9_960, 59_000, 185_000, 3_723_000].map(duration)).toEqual([
    '0.4 s',
    '9.9 s',
    '10 s',
    '59 s',
    '3:05',
    '1:02:03',
  ]);
  expect([812, 4_100, 62e6, 999.7e6, 1.4e9].map(bytes)).toEqual([
    '812 B',
    '4.1 kB',
    '62 MB',
    '1.0 GB',
    '1.4 GB',
  ]);
  expect([bar(0, 4), bar(0.5, 4), bar(2, 4)]).toEqual(['────', '━━──', '━━━━']);
  expect(clip('transport', 5)).toBe('tran…');
});

test('makes control characters of names harmless', () => {
  expect(plain('a\u001b[31mred\u001b[0m\r\nb\u202e')).toBe('a [31mred [0m b');
});

test.each([80, 100, 120])('fits ten domains into %i columns with one decimal', (width) => {
  const lines = matrixLines(ten, rows, width, style);
  expect(lines).toHaveLength(11);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  expect(lines[10]).toMatch(/^weather +9\.0 +10\.0 .* 18\.0 +13\.5$/u);
});

test('rounds twenty tasks to whole percents, and shows the last of a hundred', () => {
  const twenty = Array.from({ length: 20 }, (_, i) => `classes ${10 * i}–${10 * i + 9}`);
  const few = matrixLines(twenty, [twenty.map(() => 0.5)], 100, style);
  expect(few[0]).toMatch(/^after +0–9 10– 20– .* 90– 100 110 .* 190 +mean$/u);
  expect(few[1]).toMatch(/^classes 0–9 +50( {2}50){19} +50\.0$/u);
  const many = Array.from({ length: 100 }, (_, i) => `task ${i}`);
  const lines = matrixLines(many, [many.map((_, j) => j / 100)], 80, style);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines[1]).toMatch(/ 98 {2}99 +49\.5$/u);
});

test('follows a run: what is done, how long is left', () => {
  let now = 0;
  const progress = new RunProgress(() => now);
  expect(activity(progress)).toBe('loading');
  progress.add({
    type: 'run-started',
    name: 'r',
    folder: 'runs/r',
    trials: [
      { label: 'a', seed: 0 },
      { label: 'b', seed: 0 },
    ],
    experiences: ['one', 'two'],
  });
  progress.add({ type: 'progress', progress: { phase: 'features', done: 25, total: 100 } });
  now = 1000;
  expect(activity(progress)).toBe('features 25/100');
  expect(progress.timeLeft).toBe(3000);
  progress.add({ type: 'trial-started', label: 'a', seed: 0, from: 0 });
  progress.add({
    type: 'progress',
    label: 'a',
    seed: 0,
    experience: 0,
    progress: { phase: 'learn', done: 1, total: 2 },
  });
  expect(activity(progress)).toBe('a · 1/2 one · learn');
  now = 3000;
  progress.add({ type: 'evaluated', label: 'a', seed: 0, experience: 0, row: [0.5, null] });
  expect(progress.share).toBe(0.25);
  expect(progress.timeLeft).toBe(6000); // one of four steps took two seconds
  const lines = frame(progress, 'Stopping.', 60, 24, style);
  expect(lines.find((line) => line.startsWith('one'))).toMatch(/50\.0 +– +50\.0$/u);
  expect(lines.at(-1)).toBe('Stopping.');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
});

test('shows each of the trials that go on at a time, and takes their steps together', () => {
  let now = 0;
  const progress = new RunProgress(() => now);
  const trials = [0, 1].flatMap((seed) => ['a', 'b'].map((label) => ({ label, seed })));
  const experiences = ['one', 'two'];
  progress.add({ type: 'run-started', name: 'r', folder: 'runs/r', trials, experiences });
  const [first, second] = [trials[3]!, trials[2]!];
  progress.add({ type: 'trial-started', ...first, from: 0 });
  progress.add({ type: 'trial-started', ...second, from: 0 });
  now = 1000;
  progress.add({ type: 'evaluated', ...first, experience: 0, row: [0.5, null] });
  progress.add({ type: 'evaluated', ...second, experience: 0, row: [0.25, null] });
  expect(progress.timeLeft).toBe(3000); // two of eight steps took a second
  const both = frame(progress, '', 70, 24, style);
  expect(both[0]).toBe('b · seed 1');
  expect(both.slice(-3)).toEqual([
    expect.stringMatching(/ 25 % {2}2 trials at a time +3\.0 s left$/u),
    '  b · seed 1 · 2/2 two',
    '  a · seed 1 · 2/2 two',
  ]);
  progress.add({ type: 'trial-finished', ...first, metrics: {} });
  expect(activity(progress)).toBe('a · 2/2 two');
  expect(frame(progress, '', 70, 24, style)[0]).toBe('a · seed 1');
});

test('lines of trials that go on at a time name their trial, also the matrix of one that another spoke after', () => {
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      lines.push(...chunk.toString().trimEnd().split('\n'));
      done();
    },
  });
  const view = createPlainView(stream);
  const trials = ['a', 'b'].map((label) => ({ label, seed: 0 }));
  view.event({ type: 'run-started', name: 'r', folder: 'r', trials, experiences: ['one'] });
  for (const trial of trials) view.event({ type: 'trial-started', ...trial, from: 0 });
  for (const trial of trials)
    view.event({ type: 'evaluated', ...trial, experience: 0, row: [0.5] });
  for (const trial of trials) view.event({ type: 'trial-finished', ...trial, metrics: {} });
  expect(lines).toEqual([
    expect.stringMatching(/^\[1\/2\] a · 1\/1 one · accuracy 50\.0, all 50\.0/u),
    expect.stringMatching(/^\[2\/2\] b · 1\/1 one/u),
    'a:',
    expect.stringMatching(/^ +after +one +mean$/u),
    expect.stringMatching(/^ +one +50\.0 +50\.0$/u),
    expect.stringMatching(/^ +after +one +mean$/u),
    expect.stringMatching(/^ +one +50\.0 +50\.0$/u),
  ]);
});

test('an allocation that failed anywhere is told as such, with what to do', () => {
  expect(describe(new RangeError('Array buffer allocation failed'), false)).toBe(
    'error: cl: memory ran out (Array buffer allocation failed), expected room for the work. Close other programs, or ' +
      'take smaller batches, fewer learners at once or a smaller model. (OUT_OF_MEMORY)',
  );
});
