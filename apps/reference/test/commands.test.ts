import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCatalogue } from '@cl/hub';
import { expect, test } from 'vitest';
import { cl, temporaryFolder } from './fixtures/cl.ts';

test('tells its version and its commands', async () => {
  const cwd = await temporaryFolder();
  expect((await cl(['--version'], { cwd })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/u);
  const help = await cl(['--help'], { cwd });
  for (const command of ['run', 'list', 'report', 'doctor']) expect(help.stdout).toContain(command);
  expect(help.stdout).not.toContain('\u001b'); // nobody sees colours here
  const runHelp = await cl(['run', '--help'], { cwd });
  expect(runHelp.code).toBe(0);
  for (const flag of ['--preset', '--learner', '--seeds', '--skip-broken', '--json']) {
    expect(runHelp.stdout).toContain(flag);
  }
});

test('lists plugins by kind, and one with its options', async () => {
  const cwd = await temporaryFolder();
  const all = await cl(['list'], { cwd });
  for (const name of ['rail', 'x-tail', 'icon-bench', 'tiny-clip', 'forward-transfer']) {
    expect(all.stdout).toContain(name);
  }
  const learners = await cl(['list', 'learners'], { cwd });
  expect(learners.stdout).toContain('@dual');
  expect(learners.stdout).not.toContain('icon-bench');
  const rail = await cl(['list', 'rail', '--json'], { cwd });
  const [described] = JSON.parse(rail.stdout) as { kind: string; defaults: { ridge: number } }[];
  expect(described).toMatchObject({ kind: 'learner', name: 'rail' });
  expect(described!.defaults.ridge).toBeGreaterThan(0);
  const wrong = await cl(['list', 'rial'], { cwd });
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('did you mean "rail"?');
});

test('lists models, and which of them were downloaded', async () => {
  const cwd = await temporaryFolder();
  const weights = join(cwd, 'cache', 'models', 'someone', 'vit-tiny', 'main', 'onnx');
  await mkdir(weights, { recursive: true });
  await writeFile(join(weights, 'model.onnx'), '');
  const { stdout } = await cl(['list', 'backbones'], { cwd, cacheDir: join(cwd, 'cache') });
  expect(stdout).toMatch(/^ {2}tiny-clip .*embedded$/mu);
  expect(stdout).toMatch(/^ {2}someone\/vit-tiny .*cached$/mu);
  expect(stdout).toMatch(/^ {2}Xenova\/clip-vit-base-patch16 .*about 599 MB$/mu);
});

test('explains an error code, and lists all', async () => {
  const cwd = await temporaryFolder();
  const one = await cl(['explain', 'wrong_backbone'], { cwd });
  expect(one.stdout).toMatch(
    /^WRONG_BACKBONE {2}A saved learner belongs to another backbone\.\nwhen {2}/u,
  );
  expect(one.stdout).toContain('help  Load the backbone that the message names');
  const all = await cl(['explain', '--json'], { cwd });
  const codes = (JSON.parse(all.stdout) as { code: string }[]).map(({ code }) => code);
  expect(codes).toEqual(Object.keys(errorCatalogue));
  const wrong = await cl(['explain', 'NOT_FUOND'], { cwd });
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('did you mean "NOT_FOUND"?');
});

test('examines the machine: every device with a reason', async () => {
  const cwd = await temporaryFolder();
  const { code, stdout } = await cl(['doctor', '--json'], { cwd });
  expect(code).toBe(0);
  const facts = JSON.parse(stdout) as {
    node: string;
    devices: { device: string; available: boolean; reason: string }[];
    cache: { folder: string };
  };
  expect(facts.node).toBe(process.version);
  expect(facts.cache.folder).toContain('cl-cache-');
  expect(facts.devices.find(({ device }) => device === 'cpu')?.available).toBe(true);
  for (const { reason } of facts.devices) expect(reason.length).toBeGreaterThan(5);
  const words = await cl(['doctor'], { cwd });
  expect(words.stdout).toMatch(/memory +\d/u);
});

test('refuses to report on a run that is not there or not finished', async () => {
  const cwd = await temporaryFolder();
  const missing = await cl(['report', 'nothing'], { cwd });
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain('holds no run');
  expect(missing.stderr).toContain('(NOT_FOUND)');
  const unnamed = await cl(['report'], { cwd });
  expect(unnamed.code).toBe(2);
});
