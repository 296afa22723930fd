import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSavedLearner, saveLearner } from '@cl/hub/node';
import { afterAll, expect, test } from 'vitest';
import { compileHub } from './compiled-hub.ts';
import { errorOf } from './error-of.ts';
import { savedGeneration } from './fixtures/generation.mjs';

const hub = compileHub();
const root = mkdtempSync(join(tmpdir(), 'cl-hub-crash-'));
afterAll(() => {
  for (const folder of [hub, root]) rmSync(folder, { recursive: true, force: true });
});

const path = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const childArgs = (folder: string, generation: number) => [
  '--import',
  path('kill-at.mjs'),
  path('save-child.mjs'),
  hub,
  folder,
  String(generation),
];

interface Ended {
  readonly signal: string | undefined;
  readonly stdout: string;
}

function run(file: string, args: string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { env: { ...process.env, ...env } }, (error, stdout) => {
      resolve({ signal: error?.signal ?? undefined, stdout });
    });
  });
}

/** The generation in a folder, after looking that every part of it is of this generation. */
async function generationIn(folder: string): Promise<number> {
  const { state, tasks, options } = await readSavedLearner(folder);
  const g = state.experiences;
  expect(state.values).toEqual({ generation: g });
  expect(options).toEqual({ step: g });
  expect(state.classes).toHaveLength(g);
  expect(tasks).toHaveLength(g);
  const sum = state.tensors['sum']!.data; // the hash covers what lies between
  expect([sum.at(0), sum.at(-1)]).toEqual([g, g]);
  return g;
}

const settled = [
  'MANIFEST.json',
  'README.md',
  'cl_config.json',
  'classes.json',
  'learner.safetensors',
  'tasks.jsonl',
];

test('a process killed at any of its calls leaves the old learner or the new one', async () => {
  const counted = await run(process.execPath, childArgs(join(root, 'count'), 2));
  const calls = Number(/^calls (\d+)$/m.exec(counted.stdout)?.[1]);
  expect(calls).toBeGreaterThan(40);
  const found = { 1: 0, 2: 0 } as Record<number, number>;
  const points = Array.from({ length: calls + 8 }, (_, i) => i + 1); // a second save makes a few calls more
  const one = async (): Promise<void> => {
    for (let at = points.shift(); at !== undefined; at = points.shift()) {
      const folder = join(root, `at-${at}`);
      await saveLearner(folder, savedGeneration(1, 1000));
      const { signal } = await run(process.execPath, childArgs(folder, 2), { KILL_AT: String(at) });
      if (at <= calls) expect(signal).toBe('SIGKILL');
      found[await generationIn(folder)]! += 1;
      // The next save cleans up and works, whatever was left.
      if (at % 3 === 0 || at > calls - 12) {
        await saveLearner(folder, savedGeneration(3, 1000));
        expect(await generationIn(folder)).toBe(3);
        expect(readdirSync(folder).sort()).toEqual(settled);
      }
      rmSync(folder, { recursive: true });
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  expect(found[1]).toBeGreaterThan(20); // killed before the new one counted
  expect(found[2]).toBeGreaterThan(10); // killed while its files were moved, or not at all
}, 240_000); // some 75 child processes: seconds on an idle machine

test('a process killed in the first save of a folder leaves nothing or the new learner', async () => {
  const outcomes = new Set<string>();
  for (let at = 3; at < 70; at += 9) {
    const folder = join(root, `first-${at}`);
    await run(process.execPath, childArgs(folder, 2), { KILL_AT: String(at) });
    try {
      outcomes.add(`generation ${await generationIn(folder)}`);
    } catch (error) {
      outcomes.add((error as { code: string }).code);
    }
    rmSync(folder, { recursive: true, force: true });
  }
  expect([...outcomes].sort()).toEqual(['NOT_FOUND', 'generation 2']);
});

test('a reader beside a writer gets one whole generation each time', async () => {
  const folder = join(root, 'beside');
  await saveLearner(folder, savedGeneration(1, 50_000));
  let saving = true;
  const seen = new Set<number>();
  const read = async (): Promise<void> => {
    while (saving) seen.add(await generationIn(folder));
  };
  const write = async (): Promise<void> => {
    for (let g = 2; g <= 25; g += 1) await saveLearner(folder, savedGeneration(g, 50_000));
    saving = false;
  };
  await Promise.all([write(), read(), read()]);
  expect(seen.size).toBeGreaterThan(3);
});

const full = {
  code: 'IO_FAILED',
  old: 'The learner saved there before is unchanged.',
};

test.skipIf(process.platform === 'win32')(
  'a file that outgrows its limit says what to do and keeps the old learner',
  async () => {
    const folder = join(root, 'limit');
    await saveLearner(folder, savedGeneration(1, 1000));
    const shell = ['-c', 'ulimit -f 4096 && exec "$0" "$@"', process.execPath];
    const { stdout } = await run('/bin/sh', [...shell, ...childArgs(folder, 2)]);
    const error = JSON.parse(stdout.split('\n')[0]!) as { code: string; message: string };
    expect(error.code).toBe(full.code);
    expect(error.message).toContain('EFBIG');
    expect(error.message).toContain('Raise the limit or choose another folder');
    expect(error.message).toContain(full.old);
    expect(await generationIn(folder)).toBe(1);
    expect(readdirSync(folder).sort()).toEqual(settled); // the half-written file is gone
  },
);

test('a full disk says what to do and keeps the old learner', async (context) => {
  const disk = join(root, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk], {
      stdio: 'ignore',
    });
  } catch {
    context.skip('only root on Linux can mount a small disk; the limit above stands in for it');
  }
  try {
    const folder = join(disk, 'learner');
    await saveLearner(folder, savedGeneration(1, 250_000)); // 1 MB
    const error = await errorOf(() => saveLearner(folder, savedGeneration(2))); // 4.8 MB
    expect(error.code).toBe(full.code);
    expect(error.message).toContain(
      'ENOSPC. The disk is full. Free space or choose another folder',
    );
    expect(error.message).toContain(full.old);
    expect(await generationIn(folder)).toBe(1);
    expect(existsSync(join(folder, '.saving'))).toBe(false);
    await saveLearner(folder, savedGeneration(3, 250_000)); // still works once it fits
    expect(await generationIn(folder)).toBe(3);
  } finally {
    execFileSync('/bin/umount', [disk]);
  }
});
