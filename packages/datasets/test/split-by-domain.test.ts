import { iconBench, splitByDomain } from '@cl/datasets';
import { resolveOptions } from '@cl/hub';
import { expect, test } from 'vitest';
import { errorOf } from './error-of.ts';
import { toyClasses, toyDataset } from './toy.ts';

test('a dataset of domains becomes one dataset a domain, samples with their classes', async () => {
  const bench = await iconBench.create(
    await resolveOptions(iconBench, { domains: ['letters', 'digits'] }),
  );
  const [letters, digits, ...rest] = splitByDomain(bench);
  expect(rest).toEqual([]);
  expect([letters!.name, digits!.name]).toEqual(['letters', 'digits']);
  expect([letters!.classes.length, letters!.train.length, letters!.test.length]).toEqual([
    26, 416, 312,
  ]);
  expect([digits!.classes.length, digits!.train.length, digits!.test.length]).toEqual([
    10, 160, 180,
  ]);
  expect(digits!.license).toBe(bench.license);
});

test('a dataset without domains is one domain: itself', () => {
  const toy = toyDataset('toy', toyClasses('c', 3));
  expect(splitByDomain(toy)).toEqual([toy]);
});

test('refuses a dataset of which some classes carry a domain and others do not', async () => {
  const [first, ...others] = toyClasses('c', 3);
  const toy = toyDataset('toy', [{ ...first!, domain: 'd' }, ...others]);
  const error = await errorOf(() => splitByDomain(toy));
  expect(error.code).toBe('INVALID_DATA');
  expect(error.message).toContain('class "c/1" of dataset "toy" has no domain');
});

test('refuses a sample of an unlisted class', async () => {
  const toy = toyDataset(
    'toy',
    toyClasses('c', 2).map((info) => ({ ...info, domain: 'd' })),
  );
  const error = await errorOf(() => splitByDomain({ ...toy, classes: toy.classes.slice(0, 1) }));
  expect(error.code).toBe('UNKNOWN_CLASS');
  expect(error.message).toContain('class "c/1"');
});
