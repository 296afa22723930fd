import {
  assertCompatible,
  assertPlugin,
  candidatesFor,
  ClassRegistry,
  ClError,
  createRegistry,
  defineLearner,
  defineMetric,
  errorCatalogue,
  errorGuide,
  isClError,
  nearest,
  promptsOf,
  resolveOptions,
  scenarios,
  throwIfAborted,
  type ClassInfo,
  type ClErrorCode,
  type LearnerPlugin,
  type ScenarioName,
  type Stream,
  memoryError,
} from '@cl/hub';
import { expect, test } from 'vitest';
import { errorOf } from './error-of.ts';

interface RidgeOptions {
  ridge: number;
  hiddenDim: number;
}

const ridge: LearnerPlugin<RidgeOptions> = defineLearner<RidgeOptions>({
  name: 'ridge',
  description: 'For tests.',
  defaults: { ridge: 0.1, hiddenDim: 32 },
  help: { ridge: 'Strength.', hiddenDim: 'Width.' },
  presets: { paper: { help: 'As published.', values: { hiddenDim: 15_000 } } },
  schema: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => {
        const { ridge: strength } = value as RidgeOptions;
        return typeof strength === 'number' && strength > 0
          ? { value: value as RidgeOptions }
          : { issues: [{ message: 'expected more than 0', path: ['ridge'] }] };
      },
    },
  },
  needs: ['image-features', 'text-features'],
  scenarios: ['class-incremental', 'x-tail'],
  capabilities: () => ({
    exemplarFree: true,
    mergeable: true,
    unlearn: false,
    deterministic: true,
    openVocabulary: true,
  }),
  create: () => Promise.reject(new Error('not part of this test')),
  restore: () => Promise.reject(new Error('not part of this test')),
});

const last = defineMetric<object>({
  name: 'last',
  description: 'For tests.',
  defaults: {},
  help: {},
  schema: { '~standard': { version: 1, vendor: 'test', validate: () => ({ value: {} }) } },
  label: 'Last',
  formula: 'a_T',
  better: 'higher',
  compute: () => undefined,
});

// #region options
test('options are the defaults, then the preset, then what was given', async () => {
  expect(await resolveOptions(ridge)).toEqual({ ridge: 0.1, hiddenDim: 32 });
  expect(await resolveOptions(ridge, { ridge: 1 })).toEqual({ ridge: 1, hiddenDim: 32 });
  expect(await resolveOptions(ridge, {}, 'paper')).toEqual({ ridge: 0.1, hiddenDim: 15_000 });
  expect(await resolveOptions(ridge, { hiddenDim: 8 }, 'paper')).toEqual({
    ridge: 0.1,
    hiddenDim: 8,
  });
});
// #endregion options

test('wrong options are refused by name', async () => {
  const unknown = await errorOf(() => resolveOptions(ridge, { hidenDim: 8 }));
  expect(unknown.code).toBe('UNKNOWN_OPTION');
  expect(unknown.message).toBe(
    'learner "ridge": no option "hidenDim", did you mean "hiddenDim"? Options: ridge, hiddenDim.',
  );
  const invalid = await errorOf(() => resolveOptions(ridge, { ridge: -1 }));
  expect(invalid.code).toBe('INVALID_OPTION');
  expect(invalid.message).toBe('learner "ridge": option ridge is -1: expected more than 0.');
  const preset = await errorOf(() => resolveOptions(ridge, {}, 'papper'));
  expect(preset.code).toBe('UNKNOWN_OPTION');
  expect(preset.message).toContain('no preset "papper", did you mean "paper"? Presets: paper.');
  const inherited = await errorOf(() => resolveOptions(ridge, { constructor: 1 }));
  expect(inherited.code).toBe('UNKNOWN_OPTION');
  expect((await errorOf(() => resolveOptions(ridge, {}, 'constructor'))).code).toBe(
    'UNKNOWN_OPTION',
  );
});

test('a registry finds plugins by kind and name and suggests the nearest', async () => {
  const registry = createRegistry(ridge, last);
  expect(registry.get('learner', 'ridge')).toBe(ridge);
  expect(registry.list('metric')).toEqual([last]);
  expect(registry.list('backbone')).toEqual([]);
  const error = await errorOf(() => registry.get('learner', 'rigde'));
  expect(error.code).toBe('UNKNOWN_PLUGIN');
  expect(error.message).toBe('registry: no learner "rigde", did you mean "ridge"? Known: ridge.');
  expect((await errorOf(() => registry.get('metric', 'ridge'))).message).toContain('Known: last.');
});

test('a registry does not change: with() makes another, and names are unique within a kind', async () => {
  const registry = createRegistry(ridge);
  const more = registry.with(last, { ...ridge, name: 'second' });
  expect(registry.list('learner')).toHaveLength(1);
  expect(more.list('learner').map(({ name }) => name)).toEqual(['ridge', 'second']);
  const error = await errorOf(() => registry.with(ridge));
  expect(error.code).toBe('INVALID_CONFIG');
  expect(error.message).toContain('two learner plugins are called "ridge"');
  expect(createRegistry(ridge, { ...last, name: 'ridge' }).list('metric')).toHaveLength(1);
});

test('what is no plugin of the kind, or of another protocol, is refused with the way out', async () => {
  for (const value of [undefined, null, 5, {}, { name: 'x' }]) {
    const error = await errorOf(() => assertPlugin('learner', value));
    expect(error.code).toBe('UNKNOWN_PLUGIN');
    expect(error.message).toContain(
      'without the "~cl" brand, expected a learner. Export what defineLearner() returns.',
    );
    await errorOf(() => createRegistry(value as never));
  }
  expect((await errorOf(() => assertPlugin('learner', last))).message).toContain(
    'found a metric, expected a learner',
  );
  const future = { ...ridge, '~cl': { version: 2, kind: 'learner' } };
  const newer = await errorOf(() => assertPlugin('learner', future));
  expect(newer.code).toBe('PROTOCOL_VERSION');
  expect(newer.message).toBe('learner "ridge": speaks protocol 2, expected 1. Update @cl/hub.');
  const past = { ...ridge, '~cl': { version: 0, kind: 'learner' } };
  expect((await errorOf(() => assertPlugin('learner', past))).message).toContain(
    'Update the plugin.',
  );
  const silent = { ...ridge, '~cl': { kind: 'learner' } };
  expect(await errorOf(() => assertPlugin('learner', silent))).toMatchObject({
    code: 'PROTOCOL_VERSION',
    message: 'learner "ridge": says no protocol, expected 1. Update the plugin.',
  });
  expect(() => assertPlugin('learner', ridge)).not.toThrow();
});

test('failed allocations are told from other errors, whoever words them', () => {
  const failed = [
    () => new ArrayBuffer(2 ** 52), // V8: Array buffer allocation failed
    () => new Float32Array(2 ** 40), // V8: Invalid typed array length
    () => {
      throw new Error('onnxruntime: std::bad_alloc');
    },
    () => {
      throw new Error('ENOMEM: not enough memory, read');
    },
  ];
  for (const allocate of failed) {
    const error = memoryError('learner "big"', caught(allocate));
    expect(error?.code).toBe('OUT_OF_MEMORY');
    expect(error?.message).toMatch(
      /^learner "big": memory ran out \(.+\), expected room for the work\./u,
    );
  }
  expect(
    memoryError(
      'x',
      caught(() => new Float32Array(-1)),
    ),
  ).toBeUndefined();
  expect(memoryError('x', new Error('ENOENT: no such file'))).toBeUndefined();
});

function caught(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test('a learner is refused where its needs or the scenario do not fit, naming both sides', async () => {
  const vit = { id: 'vit-tiny', capabilities: ['image-features'] as const };
  const clip = { id: 'clip-tiny', capabilities: ['image-features', 'text-features'] as const };
  const needs = await errorOf(() => assertCompatible(ridge, vit, scenarios['x-tail']));
  expect(needs.code).toBe('INCOMPATIBLE_PLUGINS');
  expect(needs.message).toBe(
    'learner "ridge" needs text-features; backbone "vit-tiny" offers image-features. ' +
      'Choose another backbone, for instance a CLIP model.',
  );
  const scenario = await errorOf(() => assertCompatible(ridge, clip, scenarios.mtil));
  expect(scenario.message).toBe(
    'learner "ridge" does not do mtil; it does class-incremental, x-tail. Choose another stream or learner.',
  );
  expect(() => assertCompatible(ridge, clip, scenarios['x-tail'])).not.toThrow();
});

const classInfo = (id: string, name = id): ClassInfo => ({ id, name });

test('a class keeps its column for ever', () => {
  const registry = new ClassRegistry([classInfo('b'), classInfo('a')]);
  expect(registry.add([classInfo('a'), classInfo('c'), classInfo('c')])).toBe(1);
  expect(registry.all.map(({ id }) => id)).toEqual(['b', 'a', 'c']);
  expect([registry.position('b'), registry.position('c'), registry.position('x')]).toEqual([
    0,
    2,
    undefined,
  ]);
  expect([registry.size, registry.has('a'), registry.has('x')]).toEqual([3, true, false]);
  expect([registry.get('a'), registry.get('x')]).toEqual([classInfo('a'), undefined]);
});

test('a class that contradicts another, or has no usable id, adds nothing', async () => {
  const registry = new ClassRegistry([classInfo('a', 'Apple')]);
  const error = await errorOf(() => registry.add([classInfo('b'), classInfo('a', 'Ant')]));
  expect(error.code).toBe('DUPLICATE_CLASS');
  expect(error.message).toContain('id "a" stands for "Apple" and for "Ant"');
  const within = await errorOf(() => registry.add([classInfo('c', 'Cat'), classInfo('c', 'Car')]));
  expect(within.code).toBe('DUPLICATE_CLASS');
  for (const id of ['', 'x'.repeat(257), 'a\nb']) {
    const bad = await errorOf(() => registry.add([classInfo('d'), classInfo(id)]));
    expect(bad.code).toBe('INVALID_DATA');
    expect(bad.message).toContain(`has ${id.length} characters, expected 1 to 256`);
  }
  expect(registry.all.map(({ id }) => id)).toEqual(['a']);
});

test('prompts put the phrase, or else the name, into every place of a template', () => {
  expect(
    promptsOf({ id: 'f', name: 'France', phrase: 'the flag of france' }, ['a photo of {}.']),
  ).toEqual(['a photo of the flag of france.']);
  expect(promptsOf(classInfo('x', '$& cat'), ['{}, {}', 'none'])).toEqual([
    '$& cat, $& cat',
    'none',
  ]);
});

/** Two steps: classes a and b, then b and c. */
function streamOf(name: ScenarioName): Stream {
  const steps = [
    [classInfo('a'), classInfo('b')],
    [classInfo('b'), classInfo('c')],
  ].map((classes, index) => ({ index, name: `step ${index}`, classes, train: [], test: [] }));
  return { name: 'test', scenario: scenarios[name], experiences: steps, evaluations: steps };
}

// By the definitions: rows are "after experience i" for i = −1, 0, 1; columns are evaluations.
test.each<[ScenarioName, (string | undefined)[][]]>([
  [
    'class-incremental',
    [
      [undefined, undefined],
      ['ab', undefined],
      ['abc', 'abc'],
    ],
  ],
  [
    'domain-incremental',
    [
      [undefined, undefined],
      ['ab', undefined],
      ['abc', 'abc'],
    ],
  ],
  [
    'task-incremental',
    [
      [undefined, undefined],
      ['ab', undefined],
      ['ab', 'bc'],
    ],
  ],
  [
    'x-tail',
    [
      ['abc', 'abc'],
      ['abc', 'abc'],
      ['abc', 'abc'],
    ],
  ],
  [
    'mtil',
    [
      ['ab', 'bc'],
      ['ab', 'bc'],
      ['ab', 'bc'],
    ],
  ],
])('%s: who may be named in an answer, and when', (name, expected) => {
  const stream = streamOf(name);
  const table = [-1, 0, 1].map((i) =>
    [0, 1].map((j) =>
      candidatesFor(stream, i, j)
        ?.map(({ id }) => id)
        .join(''),
    ),
  );
  expect(table).toEqual(expected);
  expect(candidatesFor(stream, 1, 2)).toBeUndefined();
});

test('every scenario has its case above and carries its own name', () => {
  expect(Object.keys(scenarios)).toHaveLength(5);
  for (const [name, scenario] of Object.entries(scenarios)) expect(scenario.name).toBe(name);
});

test('the nearest name is suggested when it is near, else none', () => {
  expect(nearest('rial', ['rail', 'zero-shot'])).toBe(', did you mean "rail"?'); // two substitutions
  expect(nearest('RAIL', ['rail'])).toBe(', did you mean "rail"?');
  expect(nearest('nearest-men', ['nearest-mean', 'rail'])).toBe(', did you mean "nearest-mean"?');
  expect(nearest('banana', ['rail', 'zero-shot'])).toBe('.');
  expect(nearest('x', [])).toBe('.');
});

test('an error is told by its brand, also one of a second copy of the package', () => {
  const error = new ClError('ABORTED', 'x', { cause: 1 });
  expect([error.code, error.cause, error.name]).toEqual(['ABORTED', 1, 'ClError']);
  expect(isClError(error)).toBe(true);
  expect(isClError(Object.assign(new Error('x'), { name: 'ClError', code: 'ABORTED' }))).toBe(true);
  expect(isClError(new Error('x'))).toBe(false);
  expect(isClError({ name: 'ClError', code: 'ABORTED' })).toBe(false);
  for (const [code, meaning] of Object.entries(errorCatalogue)) {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(meaning).toMatch(/\.$/);
    const { when, help } = errorGuide[code as ClErrorCode];
    expect(help.length).toBeGreaterThan(0);
    for (const sentence of [when, ...help]) expect(sentence).toMatch(/^[A-Z\d`].*\.$/);
  }
  expect(Object.keys(errorGuide)).toEqual(Object.keys(errorCatalogue));
});

test('a fired signal throws, an open or absent one does not', async () => {
  throwIfAborted('x', undefined);
  throwIfAborted('x', new AbortController().signal);
  const error = await errorOf(() => throwIfAborted('learn', AbortSignal.abort('why')));
  expect([error.code, error.cause]).toEqual(['ABORTED', 'why']);
  expect(error.message).toBe('learn: cancelled by the caller. Nothing was changed.');
});
