/** Bad input: each ends with an exit code, a code and a sentence, and loses nothing. */
import { existsSync } from 'node:fs';
import { cp, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '@cl/hub';
import { tinyClipPath } from '@cl/tiny-clip';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { cl, small, temporaryFolder } from './fixtures/cl.ts';

const usage = [
  {
    what: 'an unknown command',
    args: ['reprot'],
    says: ['no command "reprot", did you mean "report"?'],
  },
  {
    what: 'an unknown flag',
    args: ['run', '--learnr', 'rail'],
    says: ['no flag "--learnr", did you mean "--learner"?'],
  },
  {
    what: 'an unknown learner',
    args: ['run', '--learner', 'rial'],
    says: ['no learner "rial", did you mean "rail"?', 'UNKNOWN_PLUGIN'],
  },
  {
    what: 'an unknown option',
    args: ['run', '--learner', 'rail,rigde=1'],
    says: ['no option "rigde", did you mean "ridge"?', 'UNKNOWN_OPTION'],
  },
  {
    what: 'an unknown learner preset',
    args: ['run', '--learner', 'rail@dula'],
    says: ['no preset "dula", did you mean "dual"?'],
  },
  {
    what: 'an unknown option flag',
    args: ['run', '--learner', 'rail', '--rail.rigde', '1'],
    says: ['no flag "--rail.rigde", did you mean "--rail.ridge"?'],
  },
  {
    what: 'an option of a plugin that takes no part',
    args: ['run', '--learner', 'zero-shot', '--rail.ridge', '1'],
    says: ['--rail.ridge is given, but rail takes no part'],
  },
  {
    what: 'an option that is no number',
    args: ['run', '--learner', 'rail,ridge=much'],
    says: ['option ridge is "much", expected a number', 'INVALID_OPTION'],
  },
  {
    what: 'an option out of range',
    args: ['run', '--learner', 'rail,ridge=-1'],
    says: ['option ridge is -1', 'INVALID_OPTION'],
  },
  {
    what: 'an unknown run preset',
    args: ['run', '--preset', 'embeded'],
    says: ['no preset "embeded", did you mean "embedded"?'],
  },
  { what: 'no learner', args: ['run'], says: ['no learner, expected at least one'] },
  {
    what: 'a name with a path',
    args: ['run', '--preset', 'embedded', '--name', '../up'],
    says: ['cannot be a folder'],
  },
  {
    what: 'a flag without a value',
    args: ['run', '--learner'],
    says: ['--learner has no value'],
  },
  {
    what: 'a device that does not exist',
    args: ['run', '--learner', 'rail', '--device', 'gpu'],
    says: ['option device is "gpu"', 'INVALID_OPTION'],
  },
  {
    what: 'a configuration file that is not there',
    args: ['run', '--config', 'nowhere.ts'],
    says: ['nowhere.ts does not exist'],
  },
];
test.each(usage)('refuses $what with exit code 2', async ({ args, says }) => {
  const cwd = await temporaryFolder();
  const { code, stdout, stderr } = await cl(args, { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  for (const text of says) expect(stderr).toContain(text);
  expect(stderr).not.toMatch(/\n\s+at /u);
  expect(existsSync(join(cwd, 'runs'))).toBe(false);
});

test('refuses a device that this machine does not have, with the reasons', async () => {
  const cwd = await temporaryFolder();
  const device = process.platform === 'linux' ? 'coreml' : 'cuda';
  const args = ['run', ...small, '--learner', 'zero-shot', '--device', device];
  const { code, stderr } = await cl(args, { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain(`device "${device}" cannot be used`);
  expect(stderr).toContain('cpu: works');
  expect(stderr).toContain('(DEVICE_UNAVAILABLE)');
});

/** Two classes of three coloured squares each for training, one for testing. */
async function imageFolder(root: string): Promise<void> {
  for (const [colour, name] of [
    ['#d22', 'red'],
    ['#22d', 'blue'],
  ] as const) {
    for (const [part, count] of [
      ['train', 3],
      ['test', 1],
    ] as const) {
      await mkdir(join(root, part, name), { recursive: true });
      for (let k = 0; k < count; k += 1) {
        const size = 40 + 4 * k + count;
        const image = sharp({
          create: { width: size, height: size, channels: 3, background: colour },
        });
        await image.png().toFile(join(root, part, name, `${k}.png`));
      }
    }
  }
}

const folderRun = ['run', '--dataset', 'image-folder,root=photos', '--learner', 'nearest-mean'];

test('refuses an image folder with an empty class, naming it', async () => {
  const cwd = await temporaryFolder();
  await imageFolder(join(cwd, 'photos'));
  await mkdir(join(cwd, 'photos', 'train', 'green'));
  const { code, stderr } = await cl(folderRun, { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain('green');
  expect(stderr).toContain('(EMPTY_CLASS)');
});

test('refuses a truncated image before learning, and goes on without it when asked', async () => {
  const cwd = await temporaryFolder();
  await imageFolder(join(cwd, 'photos'));
  const file = join(cwd, 'photos', 'train', 'blue', '1.png');
  const whole = await readFile(file);
  await writeFile(file, whole.subarray(0, whole.length / 2));
  const refused = await cl([...folderRun, '--name', 'photos'], { cwd });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('1 of 8 images cannot be decoded');
  expect(refused.stderr).toMatch(/blue\/1\.png/u);
  expect(refused.stderr).toContain('--skip-broken');
  expect(refused.stderr).toContain('(UNREADABLE_IMAGE)');
  const skipped = await cl([...folderRun, '--name', 'photos', '--skip-broken'], { cwd });
  expect(skipped.code).toBe(0);
  expect(skipped.stdout).toContain('Going on without 1 image that cannot be decoded:');
});

test('refuses a backbone that gives NaN', async () => {
  const cwd = await temporaryFolder();
  const model = join(cwd, 'nan-clip');
  await cp(tinyClipPath, model, { recursive: true });
  // Bytes of 255 are NaN in float32 wherever a number begins; the middle of the file is weights.
  const file = await open(join(model, 'onnx', 'vision_model.onnx'), 'r+');
  const { size } = await file.stat();
  await file.write(Buffer.alloc(4096, 255), 0, 4096, Math.floor(size / 2));
  await file.close();
  const args = [
    'run',
    ...small,
    '--learner',
    'nearest-mean',
    '--backbone',
    model,
    '--device',
    'cpu',
  ];
  const { code, stderr } = await cl(args, { cwd });
  expect(code).toBe(1);
  expect(stderr).toMatch(/NaN|nan/u);
  expect(stderr).toContain('(NON_FINITE)');
});

const seeds = ['--seeds', '0,1,2,3,4,5,6,7'];
const twoLearners = ['--learner', 'nearest-mean', '--learner', 'zero-shot'];

test('refuses a saved learner of another backbone', async () => {
  const cwd = await temporaryFolder();
  const other = join(cwd, 'other-clip');
  await cp(tinyClipPath, other, { recursive: true });
  const processor = join(other, 'preprocessor_config.json');
  const settings = JSON.parse(await readFile(processor, 'utf8')) as { image_mean: number[] };
  await writeFile(processor, JSON.stringify({ ...settings, image_mean: [0.5, 0.5, 0.5] }));
  const args = (name: string, backbone: string): string[] => [
    ...['run', ...small, ...twoLearners, ...seeds],
    ...['--name', name, '--backbone', backbone, '--device', 'cpu'],
  ];
  expect((await cl(args('theirs', other), { cwd })).code).toBe(0);
  expect((await cl(args('ours', 'tiny-clip'), { cwd, interruptAt: '[1/32]' })).code).toBe(130);
  const learners = (name: string): string => join(cwd, 'runs', name, 'learners');
  await rm(learners('ours'), { recursive: true });
  await cp(learners('theirs'), learners('ours'), { recursive: true });
  const { code, stderr } = await cl(args('ours', 'tiny-clip'), { cwd });
  expect(code).toBe(1);
  expect(stderr).toMatch(/belongs to backbone .*other-clip/u);
  expect(stderr).toContain('(WRONG_BACKBONE)');
  // And the run itself is refused under the other backbone.
  const switched = await cl(args('ours', other), { cwd });
  expect(switched.code).toBe(2);
  expect(switched.stderr).toMatch(/another configuration:\n {2}backbone: /u);
});

test('refuses to go on under other options, listing them', async () => {
  const cwd = await temporaryFolder();
  const args = ['run', ...small, ...twoLearners, ...seeds, '--name', 'mine'];
  expect((await cl(args, { cwd, interruptAt: '[1/32]' })).code).toBe(130);
  const { code, stderr } = await cl([...args, '--shots', '3'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('stream.options.shots: 4, now 3');
  expect(stderr).toContain('--fresh');
});

test('survives a full disk: it says so, keeps what was saved, and goes on when there is room', async () => {
  const cwd = await temporaryFolder();
  const args = ['run', ...small, '--learner', 'nearest-mean', '--name', 'full'];
  await cl([...args.slice(0, -1), 'roomy'], { cwd }); // also fills the feature cache
  // The saved learner grows from 20 kB after ten digits to over 90 kB with 46 flags.
  const { code, stderr } = await cl(args, { cwd, fileLimit: 48 });
  expect(code).toBe(1);
  expect(stderr).toContain('(IO_FAILED)');
  expect(stderr).toMatch(/ulimit|disk/u);
  const resumed = await cl(args, { cwd });
  expect(resumed.code).toBe(0);
  expect(resumed.stdout).toContain('Going on in runs/full: 1 experience there already');
  const accuracy = async (name: string): Promise<unknown> =>
    (JSON.parse(await readFile(join(cwd, 'runs', name, 'record.json'), 'utf8')) as RunRecord)
      .trials[0]!.accuracy;
  expect(await accuracy('full')).toEqual(await accuracy('roomy'));
});
