import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createRandom,
  defineLearner,
  encodeSafetensors,
  restoreRandom,
  type Learner,
  type LearnerContext,
  type LearnerState,
  type RandomState,
} from '@cl/hub';
import { loadLearner, readSavedLearner, saveLearner, type SaveLearnerInput } from '@cl/hub/node';
import { afterAll, expect, test } from 'vitest';
import { errorOf } from './error-of.ts';
import { savedGeneration } from './fixtures/generation.mjs';

const root = fs.mkdtempSync(join(tmpdir(), 'cl-hub-saved-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(root, `learner-${(folders += 1)}`);

const fingerprint = 'ab'.repeat(32);
const context: LearnerContext = {
  random: createRandom(1),
  features: {
    fingerprint,
    featureDim: 4,
    images: async (images) => ({
      rows: images.length,
      cols: 4,
      data: new Float32Array(images.length * 4),
    }),
  },
};

/** A learner whose state is a float64 sum of random numbers: shows whether learning goes on in the same bits. */
class Walker implements Learner {
  readonly classes = [];
  experiences = 0;
  random = createRandom(5);
  sum = new Float64Array(3);
  readonly step: number;

  constructor(step: number) {
    this.step = step;
  }

  async learn(): Promise<void> {
    for (let i = 0; i < 3; i += 1) this.sum[i]! += this.step * this.random.normal();
    this.experiences += 1;
  }

  async predict(): Promise<never> {
    throw new Error('not part of this test');
  }

  async save(): Promise<LearnerState> {
    const { classes, experiences, sum } = this;
    return {
      classes,
      experiences,
      values: { random: { ...this.random.save() } },
      tensors: { sum: { dtype: 'float64', dims: [3], data: sum } },
    };
  }

  async dispose(): Promise<void> {}
}

const walker = defineLearner<{ step: number }>({
  name: 'walker',
  version: '2.0.0',
  description: 'Walks.',
  defaults: { step: 1 },
  help: { step: 'How far.' },
  schema: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        (value as { step: number }).step > 0
          ? { value: value as { step: number } }
          : { issues: [{ message: 'expected more than 0', path: ['step'] }] },
    },
  },
  needs: [],
  scenarios: ['class-incremental'],
  capabilities: () => ({
    exemplarFree: true,
    mergeable: false,
    unlearn: false,
    deterministic: true,
    openVocabulary: false,
  }),
  create: async ({ step }) => new Walker(step),
  restore: async ({ experiences, values, tensors }, { step }) =>
    Object.assign(new Walker(step), {
      experiences,
      random: restoreRandom(values['random'] as unknown as RandomState),
      sum: (tensors['sum']!.data as Float64Array).slice(),
    }),
});

const backbone = { id: 'org/tiny', fingerprint, featureDim: 4, dtype: 'fp32' };

test('learning on after load gives the same bits as never having stopped', async () => {
  const options = { step: 0.1 };
  const straight = new Walker(options.step);
  let stopped: Learner = new Walker(options.step);
  const folder = newFolder();
  for (let i = 0; i < 5; i += 1) {
    await straight.learn();
    await stopped.learn({} as never);
    await saveLearner(folder, { plugin: walker, options, state: await stopped.save(), backbone });
    stopped = await loadLearner(folder, walker, context);
  }
  expect(await stopped.save()).toEqual(await straight.save());
  expect((stopped as Walker).step).toBe(0.1);
});

const input: SaveLearnerInput = {
  plugin: { name: 'walker', version: '2.0.0' },
  options: { step: 2, list: [1, 'two', null, { deep: true }], absent: undefined },
  state: {
    classes: [
      {
        id: 'flags/france',
        name: 'France',
        phrase: 'the flag of france',
        domain: 'flags',
        templates: ['{}.'],
      },
      { id: 'x', name: '<script>"\u2028|\n# no' },
    ],
    experiences: 2,
    values: { gamma: 1e-300, big: Number.MAX_VALUE, third: 1 / 3 },
    tensors: {
      w: { dtype: 'float32', dims: [2, 2], data: Float32Array.of(1, NaN, -0, Infinity) },
      n: { dtype: 'int64', dims: [1], data: BigInt64Array.of(-(2n ** 63n)) },
      empty: { dtype: 'uint8', dims: [0, 5], data: new Uint8Array(0) },
    },
  },
  backbone,
  tasks: [
    { index: 0, name: 'flags', domain: 'flags', classIds: ['flags/france'], samples: 16 },
    {
      index: 1,
      name: 'x | y\n---',
      classIds: ['x'],
      samples: 3,
      details: { accuracy: [0.5, null] },
    },
  ],
};

test('everything saved is read back, and the bytes are counted', async () => {
  const folder = newFolder();
  const { bytes } = await saveLearner(folder, input);
  const names = fs.readdirSync(folder);
  expect(names).toHaveLength(6);
  expect(bytes).toBe(names.reduce((sum, name) => sum + fs.statSync(join(folder, name)).size, 0));
  const saved = await readSavedLearner(folder, { fingerprint, plugin: 'walker' });
  expect(saved.bytes).toBe(bytes);
  expect(saved.protocol).toBe(1);
  expect(saved.plugin).toEqual({ name: 'walker', version: '2.0.0' });
  expect(saved.options).toEqual({ step: 2, list: [1, 'two', null, { deep: true }] });
  expect(saved.backbone).toEqual(backbone);
  expect(saved.tasks).toEqual(input.tasks);
  expect({ ...saved.state, tensors: { ...saved.state.tensors } }).toEqual(input.state);
});

test('the same learner gives the same files', async () => {
  const [a, b] = [newFolder(), newFolder()];
  await saveLearner(a, input);
  await saveLearner(b, input);
  for (const name of fs.readdirSync(a)) {
    expect(fs.readFileSync(join(a, name))).toEqual(fs.readFileSync(join(b, name)));
  }
});

test('the card has the front matter of model hubs, and names cannot break out of it', async () => {
  const folder = newFolder();
  await saveLearner(folder, {
    ...input,
    card: {
      title: 'My "learner"\n---\nevil: true',
      license: 'mit',
      tags: ['vision'],
      results: [{ dataset: 'ten domains', metric: 'Last', value: 70.9 }],
    },
  });
  const card = fs.readFileSync(join(folder, 'README.md'), 'utf8');
  const matter = card.split('\n---\n')[0]!;
  expect(matter).toContain('library_name: cl\nbase_model: "org/tiny"\n');
  expect(matter).toContain('license: "mit"');
  expect(matter).toContain('tags:\n- "continual-learning"\n- "walker"\n- "vision"');
  expect(matter).toContain('- name: "My \\"learner\\"\\n---\\nevil: true"');
  expect(matter).toContain('type: "Last"\n      value: 70.9');
  expect(matter).not.toMatch(/^evil/m);
  expect(card).toContain('| 1 | x &#124; y --- | 1 | 3 |');
  expect(card).not.toContain('\nevil');
});

test('the card says what is known, what it is for, what it keeps and whose licences hold', async () => {
  const folder = newFolder();
  await saveLearner(folder, {
    ...input,
    card: { intendedUse: 'Walks,\n## not runs.', keeps: 'Nothing of single images.' },
  });
  const card = fs.readFileSync(join(folder, 'README.md'), 'utf8');
  const names = input.state.classes.map(({ name }) => name.slice(0, 1));
  expect(card).toMatch(new RegExp(`## Classes\\n\\n${names[0]!}.*\\n`, 'u'));
  expect(card).toContain('## Intended use\n\nWalks, &#35;&#35; not runs.\n');
  expect(card).toContain('## Data kept\n\nNothing of single images.\n');
  expect(card).toContain(
    '## Licence\n\nNone is stated for the learned state. That of the base model `org/tiny` and those',
  );
});

/** Saves, lets `damage` change files, and makes the manifest agree with them unless told not to. */
async function damaged(damage: (folder: string) => void, honest = true): Promise<string> {
  const folder = newFolder();
  await saveLearner(folder, input);
  damage(folder);
  if (honest) {
    const path = join(folder, 'MANIFEST.json');
    const manifest = JSON.parse(fs.readFileSync(path, 'utf8'));
    for (const name of Object.keys(manifest.files)) {
      const content = fs.readFileSync(join(folder, name));
      const sha256 = createHash('sha256').update(content).digest('hex');
      manifest.files[name] = { size: content.length, sha256 };
    }
    fs.writeFileSync(path, JSON.stringify(manifest));
  }
  return folder;
}

const files = ['README.md', 'cl_config.json', 'classes.json', 'learner.safetensors', 'tasks.jsonl'];

test.each(files)('%s cut, grown or with one bit changed is refused', async (name) => {
  const changes: [string, (content: Buffer) => Buffer][] = [
    ['bytes, expected', (content) => content.subarray(0, -1)],
    ['bytes, expected', (content) => Buffer.concat([content, Buffer.from(' ')])],
    [
      'has SHA-256',
      (content) => content.fill(content.at(-3)! ^ 1, content.length - 3, content.length - 2),
    ],
  ];
  for (const [sentence, change] of changes) {
    const folder = await damaged((at) => {
      fs.writeFileSync(join(at, name), change(fs.readFileSync(join(at, name))));
    }, false);
    const error = await errorOf(() => readSavedLearner(folder));
    expect(error.code).toBe('CHECKSUM_MISMATCH');
    expect(error.message).toContain(name);
    expect(error.message).toContain(sentence);
    expect(error.message).toContain('was changed or cut after it was saved');
  }
});

const rewrite = (name: string, change: (text: string) => string) => (folder: string) => {
  const path = join(folder, name);
  fs.writeFileSync(path, change(fs.readFileSync(path, 'utf8')));
};

const sha = '0'.repeat(64);
const inManifest = (name: string, entry: unknown) =>
  rewrite('MANIFEST.json', (text) => {
    const manifest = JSON.parse(text);
    manifest.files[name] = entry;
    return JSON.stringify(manifest);
  });

// A manifest that lies: the hashes of the other files are right.
test.each<[string, string, (folder: string) => void]>([
  [
    'CORRUPT_FILE',
    '"../x", which is no plain file name and could lead out',
    inManifest('../x', { size: 0, sha256: sha }),
  ],
  [
    'CORRUPT_FILE',
    '"/etc/passwd", which is no plain file name',
    inManifest('/etc/passwd', { size: 0, sha256: sha }),
  ],
  [
    'CORRUPT_FILE',
    '"C:\\\\x", which is no plain file name',
    inManifest('C:\\x', { size: 0, sha256: sha }),
  ],
  [
    'CORRUPT_FILE',
    '".next", which is no plain file name',
    inManifest('.next', { size: 0, sha256: sha }),
  ],
  [
    'CORRUPT_FILE',
    '"run.js", which is no file of a saved learner',
    inManifest('run.js', { size: 0, sha256: sha }),
  ],
  ['CORRUPT_FILE', 'gives "README.md" no size', inManifest('README.md', { size: -1, sha256: sha })],
  [
    'CORRUPT_FILE',
    'gives "README.md" no size and no SHA-256',
    inManifest('README.md', { size: 1, sha256: 'XY' }),
  ],
  [
    'CORRUPT_FILE',
    'gives "README.md" 99999999999 bytes, expected at most',
    inManifest('README.md', { size: 99999999999, sha256: sha }),
  ],
  ['CORRUPT_FILE', 'does not name "classes.json"', inManifest('classes.json', undefined)],
  [
    'CORRUPT_FILE',
    'MANIFEST.json: is not valid JSON',
    rewrite('MANIFEST.json', (text) => text.slice(0, -9)),
  ],
  [
    'CORRUPT_FILE',
    'has the key "format" twice',
    rewrite('MANIFEST.json', (text) => text.replace('{', '{"format":1,')),
  ],
  [
    'PROTOCOL_VERSION',
    'has format 2, expected 1',
    rewrite('MANIFEST.json', (text) => text.replace('"format": 1', '"format": 2')),
  ],
  [
    'CORRUPT_FILE',
    'holds "run.js", which MANIFEST.json does not name',
    (at) => fs.writeFileSync(join(at, 'run.js'), ''),
  ],
  [
    'CORRUPT_FILE',
    'lacks "tasks.jsonl", which MANIFEST.json names',
    (at) => fs.rmSync(join(at, 'tasks.jsonl')),
  ],
  [
    'CORRUPT_FILE',
    'README.md: is no regular file',
    (at) => {
      fs.renameSync(join(at, 'README.md'), join(root, 'moved'));
      fs.symlinkSync(join(root, 'moved'), join(at, 'README.md'));
    },
  ],
])('refuses with %s: %s', async (code, sentence, damage) => {
  const error = await errorOf(async () => readSavedLearner(await damaged(damage, false)));
  expect(error.message).toContain(sentence);
  expect(error.code).toBe(code);
});

const config = (change: (config: Record<string, never>) => unknown) =>
  rewrite('cl_config.json', (text) => {
    const value = JSON.parse(text);
    change(value);
    return JSON.stringify(value);
  });

// Files that lie under a manifest that agrees with them: hashes alone do not make content sound.
test.each<[string, string, (folder: string) => void]>([
  [
    'PROTOCOL_VERSION',
    'was saved under protocol 2, expected 1. Update @cl/hub',
    config((c) => Object.assign(c, { protocol: 2 })),
  ],
  [
    'CORRUPT_FILE',
    'plugin: is not a JSON object',
    config((c) => Object.assign(c, { plugin: 'rail' })),
  ],
  ['CORRUPT_FILE', 'has a plugin without a name', config((c) => Object.assign(c, { plugin: {} }))],
  [
    'CORRUPT_FILE',
    'has a backbone without id',
    config((c) => Object.assign(c, { backbone: { id: 'x' } })),
  ],
  [
    'CORRUPT_FILE',
    'experiences that is not a count',
    config((c) => Object.assign(c, { experiences: -1 })),
  ],
  [
    'CORRUPT_FILE',
    'options: is not a JSON object',
    config((c) => Object.assign(c, { options: [] })),
  ],
  [
    'CORRUPT_FILE',
    'cl_config.json: has a key "__proto__"',
    rewrite('cl_config.json', (text) =>
      text.replace('"options": {', '"options": { "__proto__": {},'),
    ),
  ],
  ['CORRUPT_FILE', 'classes.json: is not a list', rewrite('classes.json', () => '{}')],
  [
    'CORRUPT_FILE',
    'lists a class twice',
    rewrite('classes.json', () => '[{"id":"a","name":"A"},{"id":"a","name":"A"}]'),
  ],
  [
    'CORRUPT_FILE',
    'stands for "A" and for "B"',
    rewrite('classes.json', () => '[{"id":"a","name":"A"},{"id":"a","name":"B"}]'),
  ],
  [
    'CORRUPT_FILE',
    'class 0: has no id or no name',
    rewrite('classes.json', () => '[{"id":1,"name":"A"}]'),
  ],
  [
    'CORRUPT_FILE',
    'class 0: has templates',
    rewrite('classes.json', () => '[{"id":"a","name":"A","templates":[1]}]'),
  ],
  ['CORRUPT_FILE', 'its last line is torn', rewrite('tasks.jsonl', (text) => text.trimEnd())],
  [
    'CORRUPT_FILE',
    'line 2: is not valid JSON',
    rewrite('tasks.jsonl', (text) => `${text.split('\n')[0]!}\n{\n`),
  ],
  ['CORRUPT_FILE', 'line 1: lacks an index', rewrite('tasks.jsonl', () => '{"index":0}\n')],
  [
    'CORRUPT_FILE',
    'tensor "w": claims bytes 8 to 24, outside',
    (at) => {
      const path = join(at, 'learner.safetensors');
      fs.writeFileSync(path, fs.readFileSync(path).subarray(0, -4));
    },
  ],
  [
    'CORRUPT_FILE',
    'does not start with "{"',
    (at) => fs.writeFileSync(join(at, 'learner.safetensors'), new Uint8Array(16)),
  ],
])('refuses with %s: %s', async (code, sentence, damage) => {
  const error = await errorOf(async () => readSavedLearner(await damaged(damage)));
  expect(error.message).toContain(sentence);
  expect(error.code).toBe(code);
});

test('a wrong backbone or plugin is refused before the tensors are read', async () => {
  const folder = newFolder();
  await saveLearner(folder, input);
  fs.writeFileSync(
    join(folder, 'learner.safetensors'),
    fs.readFileSync(join(folder, 'learner.safetensors')).fill(0), // would fail if it were read first
  );
  const other = { ...context, features: { ...context.features, fingerprint: 'cd'.repeat(32) } };
  const backboneError = await errorOf(() => loadLearner(folder, walker, other));
  expect(backboneError.code).toBe('WRONG_BACKBONE');
  expect(backboneError.message).toContain(
    'belongs to backbone "org/tiny" (fp32, fingerprint abababababab), found fingerprint cdcdcdcdcdcd. ' +
      'Load that backbone with the same dtype, or learn again with this one.',
  );
  const pluginError = await errorOf(() =>
    loadLearner(folder, { ...walker, name: 'rail' }, context),
  );
  expect(pluginError.code).toBe('INCOMPATIBLE_PLUGINS');
  expect(pluginError.message).toContain('was saved by learner "walker", expected "rail"');
});

test('a feature width that contradicts the fingerprint is refused', async () => {
  const folder = newFolder();
  await saveLearner(folder, { ...input, options: { step: 1 } });
  const narrow = { ...context, features: { ...context.features, featureDim: 3 } };
  const error = await errorOf(() => loadLearner(folder, walker, narrow));
  expect(error.code).toBe('WRONG_BACKBONE');
  expect(error.message).toContain('features of width 4, found 3');
});

test('options that the plugin no longer takes are refused', async () => {
  const folder = newFolder();
  await saveLearner(folder, { ...input, options: { step: -1 } });
  expect((await errorOf(() => loadLearner(folder, walker, context))).code).toBe('INVALID_OPTION');
  await saveLearner(folder, { ...input, options: { stepp: 1 } });
  const error = await errorOf(() => loadLearner(folder, walker, context));
  expect(error.code).toBe('UNKNOWN_OPTION');
  expect(error.message).toContain('did you mean "step"?');
});

test('a folder without a saved learner is not found', async () => {
  for (const folder of [newFolder(), root]) {
    const error = await errorOf(() => readSavedLearner(folder));
    expect(error.code).toBe('NOT_FOUND');
    expect(error.message).toContain('holds no saved learner, expected a MANIFEST.json');
  }
});

test('a folder with other files is not written to', async () => {
  const folder = newFolder();
  fs.mkdirSync(folder);
  fs.writeFileSync(join(folder, 'holiday.jpg'), 'x');
  const error = await errorOf(() => saveLearner(folder, input));
  expect(error.code).toBe('INVALID_DATA');
  expect(error.message).toContain(
    'holds "holiday.jpg", expected an empty folder or a saved learner',
  );
  expect(fs.readdirSync(folder)).toEqual(['holiday.jpg']);
});

test.each<[string, string, Partial<LearnerState>]>([
  ['NON_FINITE', 'config.values.ridge: found NaN', { values: { ridge: NaN } }],
  [
    'INVALID_DATA',
    'config.values.list[1]: found an instance of a class',
    { values: { list: [1, new Float32Array(2) as never] } },
  ],
  ['INVALID_DATA', 'config.values.f: found a function', { values: { f: (() => 1) as never } }],
  [
    'SHAPE_MISMATCH',
    'tensor "w" has dims [3]',
    { tensors: { w: { dtype: 'uint8', dims: [3], data: new Uint8Array(2) } } },
  ],
])(
  'a state that files cannot hold is refused with %s and nothing changes',
  async (code, sentence, part) => {
    const folder = newFolder();
    await saveLearner(folder, input);
    const before = fs.readFileSync(join(folder, 'MANIFEST.json'));
    const error = await errorOf(() =>
      saveLearner(folder, { ...input, state: { ...input.state, ...part } }),
    );
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    expect(fs.readFileSync(join(folder, 'MANIFEST.json'))).toEqual(before);
  },
);

test('a fired signal stops saving and keeps the old learner; progress counts bytes', async () => {
  const folder = newFolder();
  await saveLearner(folder, savedGeneration(1, 1000));
  const stop = new AbortController();
  const done: number[] = [];
  const error = await errorOf(() =>
    saveLearner(folder, savedGeneration(2), {
      signal: stop.signal,
      onProgress: (progress) => {
        done.push(progress.done / progress.total);
        if (progress.done > 4_000_000) stop.abort();
      },
    }),
  );
  expect(error.code).toBe('ABORTED');
  expect(done.length).toBeGreaterThan(3);
  expect(done).toEqual([...done].sort((a, b) => a - b));
  expect((await readSavedLearner(folder)).state.experiences).toBe(1);
  expect(fs.readdirSync(folder)).toHaveLength(6);
});

test('tensors of a damaged file are never handed out', async () => {
  // The header agrees with the size, one byte of data differs: only the hash can tell.
  const folder = newFolder();
  await saveLearner(folder, input);
  const bytes = encodeSafetensors(input.state.tensors);
  bytes[bytes.length - 2]! ^= 1;
  fs.writeFileSync(join(folder, 'learner.safetensors'), bytes);
  expect((await errorOf(() => loadLearner(folder, walker, context))).code).toBe(
    'CHECKSUM_MISMATCH',
  );
});
