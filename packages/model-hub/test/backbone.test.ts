// Backbones against the same hub: no manifest of their own, so the hub's tree says what each file should be.
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pull, pullBackbone, push, pushBackbone, type PullOptions } from '@cl/model-hub';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { send, startHub, type FakeHub } from './fake-hub.ts';
import { failure } from './failure.ts';

let hub: FakeHub;
let folder: string;
let model: string;

/** Not a graph that runs: nothing here runs it. */
const weights = Buffer.alloc(5000, 7);

beforeEach(async () => {
  hub = await startHub();
  folder = await mkdtemp(join(tmpdir(), 'cl-model-hub-'));
  model = join(folder, 'merged');
  await mkdir(join(model, 'onnx'), { recursive: true });
  await writeFile(join(model, 'config.json'), '{ "model_type": "vit" }\n');
  await writeFile(join(model, 'README.md'), '---\nlicense: "mit"\ntags: [x]\n---\n\n# Merged\n');
  await writeFile(join(model, 'onnx', 'model.onnx'), weights);
  await writeFile(join(model, 'notes.private'), 'stays at home');
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

const options = (more: PullOptions = {}): PullOptions => ({
  ...{ hubUrl: hub.url, token: 'hf_secret', cacheDir: join(folder, 'cache'), retries: 0 },
  ...more,
});

/** The hub gives another file in the place of one. */
function lie(name: string, content: Buffer): void {
  hub.fault = (request, response) => {
    if (!request.url!.includes('/resolve/') || !request.url!.endsWith(`/${name}`)) return false;
    send(request, response, content);
    return true;
  };
}

test('a model folder goes there and back, without what is no part of it', async () => {
  const pushed = await push(model, 'me/merged', options());
  expect(pushed.kind).toBe('backbone');
  const sent = [...hub.commits.get(`me/merged@${pushed.commit}`)!.keys()].sort();
  expect(sent).toEqual(['README.md', 'config.json', 'onnx/model.onnx']);
  const shares: number[] = [];
  const pulled = await pull('me/merged', {
    ...options(),
    onProgress: ({ done, total }) => shares.push(done / total),
  });
  expect(pulled).toMatchObject({ kind: 'backbone', commit: pushed.commit, downloaded: true });
  expect(await readFile(join(pulled.folder, 'onnx', 'model.onnx'))).toEqual(weights);
  expect(shares.at(-1)).toBe(1);
});

test('a commit in the cache needs no network, a branch needs offline', async () => {
  const { commit } = await pushBackbone(model, 'me/merged', options());
  await pull('me/merged', options());
  await hub.close();
  expect(await pull(`me/merged@${commit}`, options())).toMatchObject({ downloaded: false });
  expect(await pull('me/merged', options({ offline: true }))).toMatchObject({ commit });
  const unknown = await failure(pull('me/other', options({ offline: true })));
  expect(unknown.code).toBe('NOT_FOUND');
  expect(unknown.message).toContain('does not have it, and offline was asked for');
});

test.each([
  [
    'of LFS',
    'onnx/model.onnx',
    Buffer.alloc(5000, 8),
    /onnx\/model\.onnx has SHA-256 [0-9a-f]{64}/u,
  ],
  [
    'of git',
    'config.json',
    Buffer.from('{ "model_type": "dei" }\n'),
    /config\.json is the git blob/u,
  ],
])('a file that differs from the hash %s is kept aside, and named', async (_, name, lied, said) => {
  await pushBackbone(model, 'me/merged', options());
  lie(name, lied);
  const error = await failure(pullBackbone('me/merged', options()));
  expect(error.code).toBe('CHECKSUM_MISMATCH');
  expect(error.message).toMatch(said);
  const root = join(folder, 'cache', 'backbones', 'me--merged');
  const aside = `rejected-${name.replace('/', '-')}`;
  expect((await readdir(root)).sort()).toEqual(['refs', aside]);
  expect(error.message).toContain(`It was kept as ${join(root, aside)}.`);
});

test('a Git LFS pointer in the place of weights is told as such, both ways', async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 9\n`;
  await pushBackbone(model, 'me/merged', options());
  lie('onnx/model.onnx', Buffer.from(pointer));
  const pulled = await failure(pullBackbone('me/merged', options()));
  expect(pulled.code).toBe('CORRUPT_FILE');
  expect(pulled.message).toContain('onnx/model.onnx is a Git LFS pointer, expected the file');
  await writeFile(join(model, 'onnx', 'model.onnx'), pointer);
  const before = hub.requests.length;
  const pushed = await failure(pushBackbone(model, 'me/merged', options()));
  expect(pushed.code).toBe('CORRUPT_FILE');
  expect(hub.requests).toHaveLength(before); // nothing was sent
});

test('a cached file that changed is noticed', async () => {
  await pushBackbone(model, 'me/merged', options());
  const { folder: cached } = await pullBackbone('me/merged', options());
  await writeFile(join(cached, 'onnx', 'model.onnx'), 'shorter');
  const error = await failure(pullBackbone('me/merged', options({ offline: true })));
  expect(error.code).toBe('CHECKSUM_MISMATCH');
  expect(error.message).toContain('onnx/model.onnx');
  expect(error.message).toContain('has 7 bytes, expected 5000. Remove that folder and pull again.');
});

test('500 to a pull leaves nothing behind', async () => {
  await pushBackbone(model, 'me/merged', options());
  hub.fault = (request, response) => {
    if (!request.url!.includes('/tree/')) return false;
    response.writeHead(500).end();
    return true;
  };
  const error = await failure(pullBackbone('me/merged', options()));
  expect(error.code).toBe('DOWNLOAD_FAILED');
  expect(error.message).toContain('pull me/merged@main: the hub answered 500. Try again later.');
  expect(await readdir(join(folder, 'cache', 'backbones', 'me--merged'))).toEqual(['refs']);
});

test('what is no model is not pushed, and one without graphs not pulled', async () => {
  await rm(join(model, 'onnx'), { recursive: true });
  const error = await failure(pushBackbone(model, 'me/merged', options()));
  expect(error.code).toBe('NOT_FOUND');
  expect(error.message).toContain(
    'there is no onnx/*.onnx, expected a model in Hugging Face layout',
  );
  expect(hub.requests).toEqual([]);
});

test('a path that leads out of the folder is not fetched', async () => {
  const { commit } = await pushBackbone(model, 'me/merged', options());
  hub.commits.get(`me/merged@${commit}`)!.set('../evil.json', Buffer.from('{}'));
  await pullBackbone('me/merged', options());
  expect(hub.requests.filter((one) => one.includes('evil'))).toEqual([]);
});

test('a licence and a use that are given on the way stand on the card, and the rest stays', async () => {
  const card = { license: 'Apache-2.0', intendedUse: 'Icons.\nNothing else.' };
  const { commit } = await pushBackbone(model, 'me/merged', { ...options(), ...card });
  const text = hub.commits.get(`me/merged@${commit}`)!.get('README.md')!.toString();
  expect(text).toMatch(/^---\ntags: \[x\]\nlicense: "apache-2\.0"\n---\n\n# Merged\n/u);
  expect(text).toContain('## Intended use\n\nIcons. Nothing else.\n');
  expect(text).toContain('## Licence\n\nApache-2.0 for what is in this repository.');
  const refused = await failure(
    pushBackbone(model, 'me/merged', { ...options(), license: 'my own' }),
  );
  expect(refused.code).toBe('INVALID_OPTION');
  expect(refused.message).toContain('licence is "my own", expected an SPDX identifier.');
});
