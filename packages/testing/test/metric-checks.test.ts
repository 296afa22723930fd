import type { MetricInput } from '@cl/hub';
import { metricChecks } from '@cl/testing';
import { expect, test } from 'vitest';
import { failing, type Mutant } from './broken.ts';
import { metric } from './sound-plugins.ts';

const sound = metric();

function mutant(
  fault: string,
  caughtBy: string,
  compute: (input: MetricInput) => number | undefined,
): Mutant {
  return { fault, caughtBy, checks: () => metricChecks(metric({ compute })) };
}

let calls = 0;

const mutants: readonly Mutant[] = [
  {
    fault: 'has no label',
    caughtBy: 'says what it is: a label and a formula',
    checks: () => metricChecks(metric({ label: ' ' })),
  },
  mutant('is never available', 'is a finite number where everything was evaluated', (input) =>
    input.accuracy.flat().every((a) => a !== undefined && a > 0.1 && a !== 1)
      ? undefined
      : sound.compute(input),
  ),
  mutant('counts its calls', 'repeats itself exactly and leaves its input unmodified', (input) => {
    const value = sound.compute(input);
    return value === undefined ? undefined : value + 1e-12 * (calls += 1);
  }),
  mutant('sorts the rows', 'repeats itself exactly and leaves its input unmodified', (input) => {
    if (!Object.isFrozen(input.accuracy) && input.accuracy[0]?.[0] === 0.91) {
      (input.accuracy as number[][])[0]!.reverse();
    }
    return sound.compute(input);
  }),
  mutant(
    'is 0 where there is nothing',
    'is not available, rather than 0 or NaN, when nothing was evaluated',
    (input) => (input.accuracy.flat().every((a) => a === undefined) ? 0 : sound.compute(input)),
  ),
  mutant(
    'takes what is missing for 0',
    'never counts a missing evaluation as an accuracy of 0',
    (input) =>
      sound.compute(input) ?? (input.accuracy.flat().some((a) => a !== undefined) ? 0 : undefined),
  ),
  mutant('masks zeros', 'counts an accuracy of exactly 0', (input) => {
    const value = sound.compute(input);
    return value === 0 ? 0.5 : value;
  }),
  mutant('lets NaN through', 'refuses an accuracy that is NaN', (input) =>
    input.accuracy.flat().some(Number.isNaN) ? Number.NaN : sound.compute(input),
  ),
];

test.each(mutants)('the checks of metrics notice one that $fault', async ({ caughtBy, checks }) => {
  expect(await failing(checks())).toEqual([caughtBy]);
});

test('a sound metric passes them', async () => {
  expect(await failing(metricChecks(sound))).toEqual([]);
});

test('every check of metrics has a mutant', () => {
  const own = metricChecks(sound)
    .slice(5)
    .map(({ name }) => name); // after those of any plugin
  expect(new Set(mutants.map(({ caughtBy }) => caughtBy))).toEqual(new Set(own));
});
