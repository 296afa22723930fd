import { createRegistry, type ClError } from '@cl/hub';
import { jointRidge } from '@cl/baselines';
import { rail } from '@cl/rail';
import { iconBench } from '@cl/datasets';
import { expect, test } from 'vitest';
import { readFlags } from '../src/flags.ts';
import { optionFlags } from '../src/request-options.ts';
import { readSpec } from '../src/spec.ts';
import { withSweep } from '../src/sweep.ts';

const registry = createRegistry(rail, iconBench);
const definitions = {
  learner: { type: 'string' },
  json: { type: 'boolean' },
  run: { type: 'positional', required: false },
} as const;

test('reads a flag several times, joined or apart, and switches both ways', () => {
  const args = ['--learner', 'a', 'one', '--learner=b,c=-1', '--json', '--no-json'];
  const flags = readFlags('cl test', args, definitions);
  expect(flags.all('learner')).toEqual(['a', 'b,c=-1']);
  expect(flags.get('learner')).toBe('b,c=-1');
  expect(flags.has('json')).toBe(false);
  expect(flags.positionals).toEqual(['one']);
});

test('refuses superfluous arguments and values of switches', () => {
  expect(() => readFlags('cl test', ['one', 'two'], definitions)).toThrow('"two" is one argument');
  expect(() => readFlags('cl test', ['--json=1'], definitions)).toThrow('--json takes no value');
});

test('reads options by the type of their defaults', () => {
  const spec = readSpec('learner', 'rail@dual,gamma=0.5,kernel=linear,label=mine', registry);
  expect(spec).toMatchObject({
    preset: 'dual',
    options: { gamma: 0.5, kernel: 'linear' },
    label: 'mine',
  });
  const list = readSpec('dataset', 'icon-bench,domains=digits+flags', registry);
  expect(list.options).toEqual({ domains: ['digits', 'flags'] });
  const json = readSpec('learner', 'rail,templates=["a {}, drawn","{}"],ridge=1', registry);
  expect(json.options).toEqual({ templates: ['a {}, drawn', '{}'], ridge: 1 });
});

test('refuses a setting without a value', () => {
  const read = (): unknown => readSpec('learner', 'rail,dual', registry);
  expect(read).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }) as ClError);
  expect(read).toThrow('"dual" is no option=value');
});

test('derives a flag from every option of every plugin', () => {
  const flags = optionFlags(registry).map(({ flag }) => flag);
  expect(flags).toContain('rail.ridge');
  expect(flags).toContain('icon-bench.domains');
  expect(flags).toHaveLength(Object.keys({ ...rail.defaults, ...iconBench.defaults }).length);
});

const dual = { plugin: rail, preset: 'dual', options: { gamma: 0.5 }, label: 'rail@dual' };
const joint = { plugin: jointRidge, label: 'joint-ridge' };

test('a sweep puts a learner a value in place of its own, and keeps what else was chosen', async () => {
  const swept = await withSweep([dual, joint], 'rail.kernel=linear,rbf', 'cl run');
  expect(swept).toEqual([
    { ...dual, options: { gamma: 0.5, kernel: 'linear' }, label: 'rail@dual kernel=linear' },
    { ...dual, options: { gamma: 0.5, kernel: 'rbf' }, label: 'rail@dual kernel=rbf' },
    joint,
  ]);
  const [first] = await withSweep([dual, joint], ' gamma = 1, 2', 'cl run');
  expect(first).toMatchObject({ options: { gamma: 1 }, label: 'rail@dual gamma=1' });
  expect(await withSweep([dual], undefined, 'cl run')).toEqual([dual]);
});

test.each([
  ['rigde=1,2', 'UNKNOWN_OPTION', 'no option "rigde" to sweep, did you mean "ridge"?'],
  ['ridge=1,2', 'INVALID_CONFIG', 'several learners. Write rail.ridge or joint-ridge.ridge.'],
  ['rial.ridge=1,2', 'INVALID_CONFIG', 'names rial, which takes no part, did you mean "rail"?'],
  ['gamma=1,much', 'INVALID_OPTION', 'option gamma is "much", expected a number'],
  ['gamma=1,-1', 'INVALID_OPTION', 'option gamma is -1'],
  ['gamma=1', 'INVALID_CONFIG', '--sweep gamma has one value, expected at least two'],
  ['gamma=1,2,1.0', 'INVALID_CONFIG', '--sweep gamma has 1.0 twice'],
  ['gamma', 'INVALID_CONFIG', '--sweep is "gamma", expected option=value,value,…'],
  ['gamma=1,,2', 'INVALID_CONFIG', '--sweep is "gamma=1,,2"'],
])('refuses the sweep %s', async (text, code, says) => {
  await expect(withSweep([dual, joint], text, 'cl run')).rejects.toMatchObject({
    code,
    message: expect.stringContaining(says) as string,
  });
});
