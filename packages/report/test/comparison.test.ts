import type { ComparisonRecord, TrialRecord } from '@cl/hub';
import { compareLearners, comparisonReport, pairedTest, verdict } from '@cl/report';
import { describe, expect, test } from 'vitest';
import { hostile } from './fixtures/hostile.ts';
import { sectionOf, tablesOf, textOf } from './fixtures/read.ts';
import { syntheticComparison } from './fixtures/synthetic-comparison.ts';

const printed = (share: number): string => (share * 100).toFixed(1).replace('-', '−');
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
const trialsOf = (record: ComparisonRecord, stream: number, label: string): TrialRecord[] =>
  record.streams[stream]!.record.trials.filter((trial) => trial.label === label);

/** A comparison of one stream whose learners have these final accuracies, one a seed. */
function withFinal(final: Readonly<Record<string, readonly number[]>>): ComparisonRecord {
  const record = syntheticComparison();
  const { record: run } = record.streams[0]!;
  const trials = Object.entries(final).flatMap(([label, values]) =>
    values.map((value, seed): TrialRecord => {
      const metrics = { 'final-average-accuracy': value };
      return { ...run.trials[0]!, label, seed, metrics };
    }),
  );
  return { ...record, streams: [{ ...record.streams[0]!, record: { ...run, trials } }] };
}

test('a metric of another package is a column after the usual ones, defined as the record tells it', async () => {
  const comparison = syntheticComparison([0]);
  const [first, second] = comparison.streams;
  const { record } = first!;
  const trials = record.trials.map((trial) => ({
    ...trial,
    metrics: { ...trial.metrics, steps: 0.25 },
  }));
  const about = {
    label: 'St|eps',
    formula: 'steps / T',
    description: 'd',
    better: 'lower',
  } as const;
  const withSteps = { ...record, trials, metrics: { steps: about } };
  const streams = [{ ...first!, record: withSteps }, second!];
  const own = compareLearners({ ...comparison, streams });
  expect(own.streams.map(({ others }) => others)).toEqual([
    [{ metric: 'steps', label: 'St|eps', better: 'lower' }],
    [],
  ]);
  expect(own.definitions['steps']).toEqual({ label: 'St|eps', formula: 'steps / T' });
  const files = await comparisonReport({ ...comparison, streams });
  expect(files['compare.md']).toContain('| Average | St\\|eps | time |');
  expect(files['compare.html']).toContain('<bdi>St|eps</bdi>');
});

describe('the numbers', () => {
  test('are means and deviations over seeds of what the runs recorded, and costs', () => {
    const record = syntheticComparison();
    const { streams, ddof } = compareLearners(record);
    expect(ddof).toBe(1);
    expect(
      streams.map(({ scenario, seeds, experiences }) => [scenario, seeds, experiences]),
    ).toEqual([
      ['x-tail', [0, 1, 2], 10],
      ['class-incremental', [0, 1, 2], 6],
    ]);
    const dual = streams[0]!.learners.find(({ label }) => label === 'RAIL dual')!;
    const trials = trialsOf(record, 0, 'RAIL dual');
    const values = trials.map(({ metrics }) => metrics['transfer']!);
    expect(dual.metrics['transfer']!.values).toEqual(values);
    expect(dual.metrics['transfer']!.mean).toBeCloseTo(mean(values), 12);
    const learn = trials.map(({ phases }) => phases.find(({ name }) => name === 'learn')!.seconds);
    expect(dual.seconds['learn']).toBeCloseTo(mean(learn), 12);
    expect(dual.stateBytes).toBe(Math.max(...trials.map(({ stateBytes }) => stateBytes)));
    expect(dual).toMatchObject({
      trainableParameters: 345_600,
      keeps: 'mean and variance of each class',
      exemplarFree: false,
    });
    const zero = streams[0]!.learners.find(({ label }) => label === 'zero-shot')!;
    expect(zero).toMatchObject({ trainableParameters: null, keeps: null, exemplarFree: true });
    expect(streams[1]!.leftOut).toEqual(record.streams[1]!.leftOut);
  });

  test('hold every pair of learners once, tested over the seeds that both have', () => {
    const record = withFinal({ a: [0.5, 0.6, 0.7], b: [0.4, 0.52, 0.59], c: [0.45, 0.6] });
    const { pairs } = compareLearners(record).streams[0]!;
    expect(pairs.map(({ a, b, n }) => [a, b, n])).toEqual([
      ['a', 'b', 3],
      ['a', 'c', 2],
      ['b', 'c', 2],
    ]);
    expect(pairs[0]).toMatchObject(pairedTest([0.5, 0.6, 0.7], [0.4, 0.52, 0.59]));
    expect(pairs[0]!.adjusted).toBeCloseTo(pairs[0]!.p! * 3, 12);
  });
});

describe('what can be said', () => {
  const said = (final: Readonly<Record<string, readonly number[]>>): string =>
    verdict(compareLearners(withFinal(final)).streams[0]!).join(' ');

  test('names the best, who differs from it and who cannot be told from it', () => {
    const text = said({
      strong: [0.7, 0.71, 0.72],
      close: [0.68, 0.72, 0.7],
      weak: [0.5, 0.5101, 0.5202],
    });
    expect(text).toContain('strong has the highest final accuracy (71.0).');
    expect(text).toContain('It differs from weak.');
    expect(text).toContain('Over these seeds it cannot be told from close.');
    expect(text).toContain("after Holm's correction for 3 pairs");
    expect(text).toContain('must be 2.5 times its own deviation'); // 4.303 / √3
  });

  test('claims nothing from one seed, nor from seeds that change nothing', () => {
    expect(said({ a: [0.7], b: [0.5] })).toMatch(/^One seed: nothing can be said about chance/);
    const text = said({ a: [0.7, 0.8], b: [0.5, 0.6], c: [0.7, 0.8] });
    expect(text).toContain('It is equal to c in every seed.');
    expect(text).toContain('Its distance to b is the same in every seed');
    expect(text).not.toContain('differs from');
  });

  test('says nothing of a single learner', () => {
    expect(said({ a: [0.7, 0.8] })).toBe('');
  });
});

describe('the page', () => {
  test('is one of three files, and the same record gives the same bytes', async () => {
    const files = await comparisonReport(syntheticComparison());
    expect(Object.keys(files)).toEqual(['compare.html', 'compare.md', 'compare.json']);
    expect(await comparisonReport(syntheticComparison())).toEqual(files);
    expect(JSON.parse(files['compare.json'])).toEqual(compareLearners(syntheticComparison()));
  });

  test('has one table a stream with accuracies, costs and memory', async () => {
    const record = syntheticComparison();
    const { 'compare.html': page } = await comparisonReport(record);
    const [domains, classes] = tablesOf(sectionOf(page, 'results'));
    const costs = ['time', 'peak memory', 'trainable parameters', 'state', 'keeps of past data'];
    expect(domains![0]).toEqual([
      'Learner',
      'FAA = Last ↑',
      'CAA ↑',
      'Forgetting ↓',
      'Transfer ↑',
      'Average ↑',
      ...costs,
    ]);
    expect(classes![0]).toEqual(['Learner', 'FAA ↑', 'CAA ↑', 'Forgetting ↓', ...costs]);
    const row = domains!.find(([label]) => label === 'nearest mean')!;
    const faa = trialsOf(record, 0, 'nearest mean').map((t) => t.metrics['last']!);
    expect(row[1]).toContain(printed(mean(faa)));
    expect(row.at(-1)).toBe('mean and variance of each class');
    expect(domains!.find(([label]) => label === 'zero-shot')!.slice(-3)).toEqual([
      '–',
      '8.41 kB',
      'no sample',
    ]);
    expect(textOf(sectionOf(page, 'results'))).toContain('zero-shot takes no part: zero-shot does');
    expect(textOf(page)).not.toMatch(/NaN|undefined|null|Infinity|\[object/);
  });

  test('gives a learner the same mark in every stream', async () => {
    const { 'compare.html': page } = await comparisonReport(syntheticComparison());
    const marks = sectionOf(page, 'results')
      .split('<table')
      .slice(1)
      .map((table) =>
        /stroke="(var\(--[^"]*)"[^]{0,400}?nearest mean/.exec(table.split('joint')[0]!),
      );
    const colours = marks.map((mark) => /.*stroke="([^"]*)"/s.exec(mark![0])![1]);
    expect(colours[0]).toBe('var(--series-2)');
    expect(colours[1]).toBe(colours[0]);
  });

  test('shows differences both ways and stars those that count', async () => {
    const record = withFinal({ strong: [0.7, 0.71, 0.72], weak: [0.5, 0.5101, 0.5202] });
    const { 'compare.html': page } = await comparisonReport(record);
    const [table] = tablesOf(sectionOf(page, 'differences'));
    expect(table!.slice(1).map((row) => row.slice(1))).toEqual([
      ['', '+20.0*'],
      ['−20.0*', ''],
    ]);
    expect(sectionOf(page, 'differences')).toMatch(
      /weak less strong: −20\.0 points, 95 % interval −20\.0 to −20\.0, p &#60; 0\.001/,
    );
  });

  test('has a point for each learner with a cost, in words too', async () => {
    const { 'compare.html': page } = await comparisonReport(syntheticComparison());
    const section = sectionOf(page, 'cost-accuracy');
    expect(section.match(/<svg xmlns/g)).toHaveLength(4); // time and size, two streams
    expect(section).toMatch(/aria-label="Accuracy over size\. RAIL primal: \d+\.\d % at \d/);
  });

  test('names every definition, of forgetting first of all, and of the test', async () => {
    const { 'compare.html': page } = await comparisonReport(syntheticComparison());
    const text = textOf(sectionOf(page, 'definitions'));
    expect(text).toContain('mean over j < T of (max over j ≤ i < T of A[i,j] − A[T,j])');
    expect(text).toContain('t = mean / (deviation / √n) with n − 1 degrees of freedom');
  });
});

test('Markdown has the same numbers in a table a stream, the best ones bold', async () => {
  const record = syntheticComparison();
  const { 'compare.md': text } = await comparisonReport(record);
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  expect(rows).toHaveLength(2 + 5 + 2 + 4);
  const { mean: faa, deviation } =
    compareLearners(record).streams[0]!.learners[1]!.metrics['final-average-accuracy']!;
  expect(rows[3]).toContain(`| RAIL dual | **${printed(faa)} ± ${printed(deviation!)}** |`);
  expect(text).toContain('zero-shot takes no part');
  expect(text).toContain('Forgetting: mean over j \\< T of');
});

test('texts that try to be markup stay text, on the page and in Markdown', async () => {
  const record = syntheticComparison([0, 1]);
  const attacked: ComparisonRecord = {
    ...record,
    name: '<script>alert(1)</script>',
    streams: record.streams.map((stream) => ({
      ...stream,
      name: `<img src=x onerror=alert(1)> | ${stream.name}\n# big`,
      record: hostile(stream.record),
      leftOut: [{ label: '<b>', reason: '](javascript:alert(1))' }],
    })),
  };
  const { 'compare.html': page, 'compare.md': markdown } = await comparisonReport(attacked);
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).not.toMatch(/<img|<b>/);
  expect(markdown).not.toMatch(/(^|[^\\])<(script|img|b)/m);
  expect(markdown).not.toMatch(/^# big/m);
  const widths = markdown
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('± '))
    .map((line) => line.split(/(?<!\\)\|/).length);
  expect(new Set(widths).size).toBeLessThanOrEqual(2); // one number of columns a stream
});

test('a run that contradicts itself is refused', async () => {
  const record = syntheticComparison();
  const broken = { ...record.streams[0]!.record, trials: [] };
  const streams = [{ ...record.streams[0]!, record: broken }];
  await expect(comparisonReport({ ...record, streams })).rejects.toMatchObject({
    code: 'EMPTY_STREAM',
    message: expect.stringContaining('has no trials') as string,
  });
});
