import type { JsonObject, RunRecord } from '@cl/hub';
import { comparisonReport } from '@cl/report';
import { describe, expect, test } from 'vitest';
import { pageOf, sectionOf } from './fixtures/read.ts';
import { mainLearners, syntheticRecord } from './fixtures/synthetic-record.ts';

/** A run of one plugin whose learners have these labels and options. */
function runOf(options: Readonly<Record<string, JsonObject>>, seeds = [1, 2]): RunRecord {
  const learners = Object.keys(options).map((label, k) => ({
    ...mainLearners[k % 2]!,
    label,
    plugin: 'sotu',
  }));
  const record = syntheticRecord({ learners, seeds, domains: 4 });
  const trials = record.trials.map((trial) => ({ ...trial, options: options[trial.label]! }));
  return { ...record, trials };
}

/** The text alternatives of the charts. */
const alternatives = (section: string): string[] =>
  [...section.matchAll(/role="img" aria-label="([^"]*)"/g)].map(([, text]) => text!);

const printed = (share: number): string => (share * 100).toFixed(1);

describe('learners that differ in one option', () => {
  test('are drawn over its values, a chart a metric, with mean and deviation over seeds', async () => {
    const record = runOf({
      'sotu p=0.9': { p: 0.9, epochs: 2 },
      'sotu p=0': { p: 0, epochs: 2 },
      'sotu p=0.5': { p: 0.5, epochs: 2 },
    });
    const section = sectionOf(await pageOf(record), 'sweep');
    const charts = alternatives(section);
    expect(charts.map((text) => /^(.*?) over p\./.exec(text)![1])).toEqual([
      'Transfer',
      'Average',
      'Last',
      'Forgetting',
    ]);
    const last = (label: string): number[] =>
      record.trials.filter((t) => t.label === label).map((t) => t.metrics['last']!);
    const mean = (label: string): string =>
      printed(last(label).reduce((sum, value) => sum + value) / 2);
    const order = ['sotu p=0', 'sotu p=0.5', 'sotu p=0.9'];
    expect(charts[2]).toMatch(
      new RegExp(
        `^Last over p\\. sotu: 0: ${mean(order[0]!)} ± .*, 0\\.5: ${mean(order[1]!)} ± .*, 0\\.9: ${mean(order[2]!)} ±`,
      ),
    );
    expect(section).toContain('<bdi>p</bdi>'); // below each chart
  });

  test('make a line each where they differ in more besides', async () => {
    const record = runOf(
      {
        'primal,ridge=0.01': { form: 'primal', ridge: 0.01 },
        'primal,ridge=100': { form: 'primal', ridge: 100 },
        'dual,ridge=0.01': { form: 'dual', ridge: 0.01 },
        'dual,ridge=100': { form: 'dual', ridge: 100 },
      },
      [1],
    );
    const section = sectionOf(await pageOf(record), 'sweep');
    expect(alternatives(section)[0]).toMatch(
      /^Transfer over ridge\. primal: 0\.01: .*, 100: .*; dual: 0\.01: /,
    );
    expect(section).toContain('aria-label="Learners"'); // the legend
    expect(section).not.toContain('over form'); // two words are told by the table
  });

  test('may have words as values', async () => {
    const rules = ['sum', 'ties', 'magmax'];
    const record = runOf(
      Object.fromEntries(rules.map((rule) => [`sotu,merge=${rule}`, { merge: rule }])),
    );
    const [transfer] = alternatives(sectionOf(await pageOf(record), 'sweep'));
    expect(transfer).toMatch(/^Transfer over merge\. sotu: sum: .*, ties: .*, magmax: /);
  });

  test('show in a comparison too', async () => {
    const record = runOf({ a: { p: 0.1 }, b: { p: 0.2 } });
    const stream = { name: 's', record, leftOut: [] };
    const { name, startedAt, command } = record;
    const files = await comparisonReport({ name, startedAt, command, streams: [stream] });
    expect(alternatives(sectionOf(files['compare.html'], 'sweep'))).toHaveLength(4);
  });
});

test('learners that are equal, or differ in several options, make no sweep', async () => {
  const record = runOf({ a: { p: 0.1, q: 1 }, b: { p: 0.2, q: 2 } });
  expect(await pageOf(record)).not.toContain('id="sweep"');
  expect(await pageOf(syntheticRecord({ domains: 3 }))).not.toContain('id="sweep"');
});
