// The hub behind these commands is tested in @cl/model-hub; here, what a user sees of it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { saveLearner } from '@cl/hub/node';
import { expect, onTestFinished, test } from 'vitest';
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
