import { createRegistry, type ClError } from '@cl/hub';
import { rail } from '@cl/rail';
import { iconBench } from '@cl/datasets';
import { expect, test } from 'vitest';
import { readFlags } from '../src/flags.ts';
import { optionFlags } from '../src/request-options.ts';
import { readSpec } from '../src/spec.ts';

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
