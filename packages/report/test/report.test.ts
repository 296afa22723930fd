import { resolveOptions, type RunRecord, type TrialRecord } from '@cl/hub';
import { htmlReport } from '@cl/report';
import { describe, expect, test } from 'vitest';
import { attack, hostile } from './fixtures/hostile.ts';
import { pageOf, sectionOf, tablesOf, textOf } from './fixtures/read.ts';
import { mainLearners, syntheticRecord } from './fixtures/synthetic-record.ts';

const megabyte = 1e6;

/** As the report prints shares: percent, one digit, a typographic minus. */
const printed = (share: number): string => (share * 100).toFixed(1).replace('-', '−');
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function withTrial(record: RunRecord, change: Partial<TrialRecord>): RunRecord {
  return { ...record, trials: [{ ...record.trials[0]!, ...change }, ...record.trials.slice(1)] };
}

test('a report is one file, and the same record gives the same bytes', async () => {
  const first = await htmlReport.render(syntheticRecord(), htmlReport.defaults);
  const second = await htmlReport.render(syntheticRecord(), htmlReport.defaults);
  expect(Object.keys(first)).toEqual(['report.html']);
  expect(first).toEqual(second);
});

describe('numbers', () => {
  test('a metric of another package has its column and its definition, as the record tells it', async () => {
    const record = withTrial(syntheticRecord(), {
      metrics: { ...syntheticRecord().trials[0]!.metrics, worst: 0.125 },
    });
    const worst = {
      label: 'Worst & <b>only</b>',
      formula: 'min over j of A[T,j]',
      description: 'The test set that went worst.',
      better: 'higher',
    } as const;
    const page = await pageOf({ ...record, metrics: { worst } });
    const [table] = tablesOf(sectionOf(page, 'results'));
    expect(table![0]!.at(-1)).toBe('Worst & <b>only</b> ↑');
    const row = table!.find(([label]) => label === record.trials[0]!.label)!;
    expect(row.at(-1)).toContain('12.5');
    const definitions = textOf(sectionOf(page, 'definitions'));
    expect(definitions).toContain('min over j of A[T,j]');
    expect(definitions).toContain('The test set that went worst. Higher is better.');
  });

  test("the table of results shows the record's metrics", async () => {
    const record = syntheticRecord();
    const [table] = tablesOf(sectionOf(await pageOf(record), 'results'));
    expect(table![0]).toEqual([
      'Learner',
      'Transfer ↑',
      'Average ↑',
      'Last ↑',
      'Forgetting ↓',
      'BWT ↑',
    ]);
    const keys = ['transfer', 'average', 'last', 'average-forgetting', 'backward-transfer'];
    for (const trial of record.trials) {
      const row = table!.find(([label]) => label === trial.label)!;
      const numbers = row.slice(1).map((text) => text.split(' ')[0]); // a distance may follow
      expect(numbers).toEqual(keys.map((key) => printed(trial.metrics[key]!)));
    }
  });

  test('with several seeds it shows mean and deviation and says how it divides', async () => {
    const record = syntheticRecord({ seeds: [1, 2, 3] });
    const last = record.trials
      .filter(({ label }) => label === 'nearest mean')
      .map(({ metrics }) => metrics['last']!);
    const squares = last.reduce((sum, value) => sum + (value - mean(last)) ** 2, 0);
    for (const ddof of [0, 1] as const) {
      const section = sectionOf(await pageOf(record, { ddof }), 'results');
      const row = tablesOf(section)[0]!.find(([label]) => label === 'nearest mean')!;
      const deviation = Math.sqrt(squares / (3 - ddof));
      expect(row[3]).toContain(`${printed(mean(last))} ± ${printed(deviation)}`);
      expect(textOf(section)).toContain(`(ddof ${ddof})`);
    }
  });

  test("a matrix shows the mean over seeds of the record's accuracies, cell by cell", async () => {
    const record = syntheticRecord({ seeds: [1, 2] });
    const tables = tablesOf(sectionOf(await pageOf(record), 'matrix'));
    expect(tables.length).toBe(mainLearners.length);
    for (const [k, { label }] of mainLearners.entries()) {
      const matrices = record.trials.filter((t) => t.label === label).map((t) => t.accuracy);
      const expected = matrices[0]!.map((row, i) =>
        row.map((_, j) => printed(mean(matrices.map((matrix) => matrix[i]![j]!)))),
      );
      expect(tables[k]!.slice(1).map((row) => row.slice(1, -1))).toEqual(expected);
    }
  });

  test('only the best of a column is marked, and equal ones alike', async () => {
    const [section] = sectionOf(await pageOf(syntheticRecord()), 'results').split('<details');
    const transfer = [...section!.matchAll(/class="lead( best)?"/g)].filter((_, n) => n % 5 === 0);
    // Both RAILs and zero-shot answer zero-shot before learning: the same Transfer.
    expect(transfer.map(([, best]) => best !== undefined)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('what was not evaluated', () => {
  test('stays empty, and what needs it is not available rather than 0', async () => {
    const page = await pageOf(syntheticRecord({ scenario: 'class-incremental' }));
    const matrix = sectionOf(page, 'matrix');
    expect(matrix.match(/<td class="void/g)?.length).toBe(45 * 5); // above the diagonal of 10 × 10
    expect(matrix).toContain('(not yet learned): not evaluated');
    const [table] = tablesOf(sectionOf(page, 'results'));
    expect(table![0]).not.toContain('Transfer ↑');
    expect(textOf(page)).not.toMatch(/NaN|undefined|null|Infinity|\[object/);
  });

  test('a stream that asks about learned classes only has no curve, column or mean over the others', async () => {
    const record = syntheticRecord({ scenario: 'class-incremental' });
    const page = await pageOf(record);
    const [table] = tablesOf(sectionOf(page, 'matrix'));
    expect(table![0]!.at(-1)).toBe('mean of learned');
    const { accuracy } = record.trials[0]!;
    expect(table!.slice(1).map((row) => row.at(-1))).toEqual(
      accuracy.map((row) => printed(mean(row.filter((value) => value !== null)))),
    );
    const curves = sectionOf(page, 'curves');
    expect(curves.match(/<figcaption/g)).toHaveLength(2);
    expect(textOf(curves)).toContain('missing: accuracy on all test sets.');
    const steps = sectionOf(page, 'domains');
    expect(tablesOf(steps)[0]![0]).toEqual(['Experience', 'Last at the end']);
    expect(textOf(page)).toContain('Confusions between experiences');
    expect(textOf(page)).not.toContain('Domain by domain');
  });

  test('a trial that was stopped has empty rows', async () => {
    const record = syntheticRecord({ seeds: [1] });
    const accuracy = record.trials[0]!.accuracy.slice(0, 4);
    const metrics = { transfer: null };
    const page = await pageOf(withTrial(record, { accuracy, metrics }));
    const [first] = tablesOf(sectionOf(page, 'matrix'));
    expect(first!.slice(5).map((row) => row.slice(1, -1).join(''))).toEqual(Array(6).fill(''));
    expect(first![0]!.at(-1)).toBe('mean');
    expect(tablesOf(sectionOf(page, 'results'))[0]![1]!.slice(1)).toEqual(Array(5).fill('–'));
  });

  test('sections without data are left out, navigation included', async () => {
    const record = syntheticRecord();
    const trials = record.trials.map((trial) => ({
      ...trial,
      confusions: [],
      sources: [],
      examples: [],
    }));
    const page = await pageOf({ ...record, trials });
    for (const id of ['confusions', 'sources', 'examples']) expect(page).not.toContain(`#${id}"`);
    expect(page).toContain('href="#matrix"');
  });
});

describe('what learners tell of themselves', () => {
  const record = syntheticRecord({ domains: 4, seeds: [1, 2], accounts: true });

  test('is shown for each that tells something: size, memory, numbers, tables and lines', async () => {
    const section = sectionOf(await pageOf(record), 'accounts');
    expect(section.match(/type="radio"/g)?.length).toBe(4); // not zero-shot
    const text = textOf(section);
    expect(text).toContain('Trainable parameters 345 600');
    expect(text).toContain('Keeps of past data mean and variance of each class');
    expect(text).toContain('mean distance 0.03125 classes moved 12 handling kept as they were');
    expect(text).toContain('Seed 1 of 2 seeds.');
    const [cosines, prompts, loss] = tablesOf(section);
    const { account } = record.trials[0]!;
    const [, matrix] = account!.insights as [unknown, { values: (number | null)[][] }];
    expect(cosines!.slice(1).map((row) => row.slice(1))).toEqual(
      matrix.values.map((row) =>
        row.map((value) => (value === null ? '' : value.toFixed(2).replace('-', '−'))),
      ),
    );
    expect(prompts![0]).toEqual(['task', 'layer 0', 'layer 1', 'layer 2']);
    expect(prompts![3]!.slice(1)).toEqual(['–', '–', '–']); // nothing there, not 0
    expect(loss!.at(-1)).toEqual(['5', '0.49']);
    expect(section.match(/<svg xmlns/g)?.length).toBe(2 * 4);
    expect(section).toMatch(/<text[^>]*>devices<\/text>/); // a word of an axis
  });

  test('has axes with as many digits as small numbers need', async () => {
    const small = {
      kind: 'lines',
      title: 'Drift',
      text: '',
      x: { label: 'task', values: [1, 2, 3] },
      y: '1 − cos',
      series: [{ label: 'mean', values: [0.0005, 0.001, 0.002] }],
    } as const;
    const account = { trainableParameters: 0, keeps: '', insights: [small] };
    const section = sectionOf(await pageOf(withTrial(record, { account })), 'accounts');
    expect(section).toMatch(/<text[^>]*>0\.0005<\/text>/);
  });

  test('counts as cost', async () => {
    const [table] = tablesOf(sectionOf(await pageOf(record), 'cost'));
    const column = table![0]!.indexOf('trainable parameters');
    expect(table!.slice(1).map((row) => row[column])).toEqual([
      '345 600',
      '345 600',
      '–',
      '345 600',
      '345 600',
    ]);
  });

  test('is left out when nobody tells anything', async () => {
    const page = await pageOf(syntheticRecord());
    expect(page).not.toContain('id="accounts"');
    expect(page).not.toContain('trainable parameters');
  });
});

test('one learner with one seed has no tabs, no deviations and nothing to compare with', async () => {
  const record = syntheticRecord({ learners: mainLearners.slice(0, 1) });
  const page = await pageOf(record);
  expect(sectionOf(page, 'matrix')).not.toContain('radiogroup');
  expect(textOf(sectionOf(page, 'results'))).not.toContain('±');
  expect(textOf(page)).not.toContain('zero-shot in points');
  expect(tablesOf(sectionOf(page, 'matrix')).length).toBe(1);
});

test('twenty domains fit, pictures included', async () => {
  const page = await pageOf(syntheticRecord({ domains: 20, seeds: [1, 2, 3] }));
  expect(Buffer.byteLength(page)).toBeLessThan(1.5 * megabyte);
  expect(tablesOf(sectionOf(page, 'matrix'))[0]!.length).toBe(21);
});

test('large thumbnails are left out before the page grows too large, and the page says so', async () => {
  const large = `data:image/png;base64,${'A'.repeat(40_000)}`;
  const page = await pageOf(syntheticRecord({ thumbnail: () => large }));
  expect(Buffer.byteLength(page)).toBeLessThan(1.5 * megabyte);
  expect(textOf(sectionOf(page, 'examples'))).toMatch(
    /\d+ more examples in the record are not shown/,
  );
});

describe('untrusted text', () => {
  test('names, options, commands and versions with markup are escaped everywhere', async () => {
    const page = await pageOf(hostile(syntheticRecord({ accounts: true })));
    expect(page).not.toContain('<img src=x');
    expect(page.match(/<script/g)?.length).toBe(1); // the page's own
    expect(textOf(sectionOf(page, 'reproduce'))).toContain(attack(1)); // the command
    expect(textOf(sectionOf(page, 'definitions'))).toContain(attack(999)); // a foreign metric
  });

  test('characters that HTML forbids are replaced, and names are isolated from their surroundings', async () => {
    const label = 'a\u0000b\u001b\ud800c \u202egnp.exe';
    const page = await pageOf(withTrial(syntheticRecord(), { label }));
    expect(page).toContain('<bdi>a\ufffdb\ufffd\ufffdc \u202egnp.exe</bdi>');
  });

  test.each([
    'https://example.org/x.png',
    'data:image/svg+xml;base64,PHN2Zy8+',
    'data:text/html;base64,PHA+',
    'data:image/png;base64,AA" onerror="alert(1)',
    'javascript:alert(1)',
  ])('the thumbnail %s is not shown', async (thumbnail) => {
    const page = await pageOf(syntheticRecord({ thumbnail: () => thumbnail }));
    expect(page).not.toContain('<img');
    expect(textOf(sectionOf(page, 'examples'))).toContain('no picture');
  });

  test('a policy allows the page its own style sheet and script and pictures inside it, nothing else', async () => {
    const page = await pageOf(syntheticRecord());
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
    const rules = policy.replaceAll('&#39;', "'").split('; ');
    expect(rules[0]).toBe("default-src 'none'");
    expect(rules).toContain('img-src data:');
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page).not.toMatch(/ style="| on[a-z]+="/);
  });
});

test('the scenario is stated in words', async () => {
  const tail = textOf(sectionOf(await pageOf(syntheticRecord()), 'reproduce'));
  expect(tail).toContain('is not told which experience an image belongs to');
  expect(tail).toContain('any class of the whole stream');
  const mtil = textOf(sectionOf(await pageOf(syntheticRecord({ scenario: 'mtil' })), 'reproduce'));
  expect(mtil).toContain('is told which experience an image belongs to');
  expect(mtil).toContain("only name classes of the test image's own experience");
});

describe('a record that contradicts itself is refused', () => {
  const record = syntheticRecord({ domains: 3 });
  const refused = [
    [
      'no trials',
      { ...record, trials: [] },
      'EMPTY_STREAM',
      /has no trials, expected at least one/,
    ],
    [
      'a row too many',
      withTrial(record, {
        accuracy: [
          [1, 1, 1],
          [1, 1, 1],
          [1, 1, 1],
          [1, 1, 1],
        ],
      }),
      'SHAPE_MISMATCH',
      /"RAIL primal" with seed 1: 4 rows, expected at most 3/,
    ],
    [
      'a short row',
      withTrial(record, { accuracy: [[1, 1]] }),
      'SHAPE_MISMATCH',
      /row 0 has 2 entries, expected 3/,
    ],
    [
      'percentages',
      withTrial(record, { accuracy: [[70.9, null, null]] }),
      'INVALID_DATA',
      /entry \[0\]\[0\] is 70\.9, expected a share in \[0, 1\]/,
    ],
    [
      'a number that is none',
      withTrial(record, { accuracy: [[Number.NaN, null, null]] }),
      'NON_FINITE',
      /entry \[0\]\[0\] is NaN/,
    ],
  ] as const;
  test.each(refused)('%s', async (_, broken, code, message) => {
    await expect(pageOf(broken)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  test('and so are options out of range', async () => {
    await expect(resolveOptions(htmlReport, { ddof: 2 })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('option ddof is 2') as string,
    });
  });
});

test('costs say how many trials ran at a time, where several did', async () => {
  const record = syntheticRecord();
  expect(sectionOf(await pageOf(record), 'cost')).not.toContain('at a time');
  const trials = record.trials.map((trial) => ({ ...trial, jobs: 2 }));
  const section = sectionOf(await pageOf({ ...record, trials }), 'cost');
  expect(section).toContain('Up to 2 trials ran at a time, each on its share of the cores.');
});
