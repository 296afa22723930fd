// The hub behind these commands is tested in @cl/model-hub; here, what a user sees of it.
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { saveLearner } from '@cl/hub/node';
import { expect, onTestFinished, test } from 'vitest';
import { startHub } from '../../../packages/model-hub/test/fake-hub.ts';
import { taskLine, timeLeftOf } from '../src/view/task.ts';
import { cl, temporaryFolder } from './fixtures/cl.ts';

test('push and pull say what they lack', async () => {
  const cwd = await temporaryFolder();
  const push = await cl(['push', 'learner'], { cwd });
  expect(push).toMatchObject({ code: 2 });
  expect(push.stderr).toContain('cl push: expected a folder and a repository.');
  const pull = await cl(['pull', 'pets'], { cwd });
  expect(pull.stderr).toContain('repository is "pets", expected org/name or org/name@revision.');
  const offline = await cl(['pull', 'me/pets', '--offline'], { cwd });
  expect(offline.code).toBe(1);
  expect(offline.stderr).toContain('does not have it, and offline was asked for.');
});

test('a hub that refuses a push is named with its answer, and the learner is checked first', async () => {
  const cwd = await temporaryFolder();
  const server = createServer((_, response) => response.writeHead(401).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state = { classes: [], experiences: 0, values: {}, tensors: {} };
  const backbone = { id: 'b/b', fingerprint: 'f'.repeat(64), featureDim: 4, dtype: 'fp32' };
  await saveLearner(join(cwd, 'mine'), { plugin: { name: 'rail' }, options: {}, state, backbone });
  const refused = await cl(['push', 'mine', 'me/pets', '--hub', hub], { cwd });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('push to me/pets: the hub answered 401');
  expect(refused.stderr).toContain('(ACCESS_DENIED)');
  const missing = await cl(['push', 'none', 'me/pets', '--hub', hub], { cwd });
  expect(missing.stderr).toContain('holds no saved learner');
});

test('a backbone goes to a hub and comes back, with progress on standard error and the way to use it', async () => {
  const hub = await startHub();
  onTestFinished(() => hub.close());
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, 'merged', 'onnx'), { recursive: true });
  await writeFile(join(cwd, 'merged', 'config.json'), '{ "model_type": "vit" }');
  await writeFile(join(cwd, 'merged', 'onnx', 'model.onnx'), Buffer.alloc(100_000, 1));
  const to = ['--hub', hub.url];
  const push = await cl(['push', 'merged', 'me/merged', '--license', 'mit', ...to], { cwd });
  expect(push.code).toBe(0);
  expect(push.stdout).toMatch(/^pushed backbone me\/merged@[0-9a-f]{40}\n/u);
  expect(push.stderr).toContain('upload: 100 % of 100 kB');
  const pull = await cl(['pull', 'me/merged', 'copy', ...to], { cwd });
  expect(pull.stderr).toContain('download: 100 % of 100 kB');
  expect(pull.stdout).toMatch(
    /^pulled backbone me\/merged@[0-9a-f]{40}\ncopy\nuse it: cl run --backbone copy\n$/u,
  );
  const card = await readFile(join(cwd, 'copy', 'README.md'), 'utf8');
  expect(card).toContain('license: "mit"');
});

test('a disk that is full during a pull is told as such, and leaves the cache as it was', async () => {
  const hub = await startHub();
  onTestFinished(() => hub.close());
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, 'merged', 'onnx'), { recursive: true });
  await writeFile(join(cwd, 'merged', 'config.json'), '{ "model_type": "vit" }');
  await writeFile(join(cwd, 'merged', 'onnx', 'model.onnx'), Buffer.alloc(200_000, 1));
  await cl(['push', 'merged', 'me/merged', '--hub', hub.url], { cwd });
  const cacheDir = join(cwd, 'cache');
  const args = ['pull', 'me/merged', '--hub', hub.url];
  const full = await cl(args, { cwd, cacheDir, fileLimit: 64 });
  expect(full.code).toBe(1);
  expect(full.stderr).toContain('pull me/merged@main: EFBIG: file too large, write. Make room');
  expect(full.stderr).toContain('(IO_FAILED)');
  expect(await readdir(join(cacheDir, 'backbones', 'me--merged'))).toEqual(['refs']);
  expect((await cl(args, { cwd, cacheDir })).code).toBe(0);
});

test('the line of a transfer tells bytes and the time that is left', () => {
  let clock = 0;
  const timeLeft = timeLeftOf(() => clock);
  const at = (done: number): number | undefined =>
    timeLeft({ phase: 'download', done, total: 100_000_000 });
  expect(at(0)).toBeUndefined();
  clock = 2000;
  // 25 of 100 MB in 2 s: 75 MB more take 6 s.
  expect(at(25_000_000)).toBeCloseTo(6000, 6);
  const line = taskLine({ phase: 'download', done: 25_000_000, total: 100_000_000 }, 6000);
  expect(line).toBe('━━━━━━──────────────────  25 %  download  25 MB of 100 MB  6.0 s left');
});
