// Push and pull against a hub on this machine, which can also refuse, stall and lie.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LearnerState, type Progress } from '@cl/hub';
import { readSavedLearner, saveLearner } from '@cl/hub/node';
import { parseRepository, pullLearner, pushLearner, type PullOptions } from '@cl/model-hub';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { send, startHub, type FakeHub, type Fault } from './fake-hub.ts';
import { failure } from './failure.ts';

let hub: FakeHub;
let folder: string;
let saved: string;

const state: LearnerState = {
  classes: [{ id: 'cat', name: 'cat' }],
  experiences: 1,
  values: {},
  tensors: { w: { dtype: 'float32', dims: [1000], data: new Float32Array(1000).fill(0.5) } },
};
const backbone = { id: 'b/b', fingerprint: 'f'.repeat(64), featureDim: 4, dtype: 'fp32' };
const save = (to: string): Promise<unknown> =>
  saveLearner(to, { plugin: { name: 'rail' }, options: {}, state, backbone });

beforeEach(async () => {
  hub = await startHub();
  folder = await mkdtemp(join(tmpdir(), 'cl-model-hub-'));
  saved = join(folder, 'saved');
  await save(saved);
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

const options = (more: PullOptions = {}): PullOptions => ({
  ...{ hubUrl: hub.url, token: 'hf_secret', cacheDir: join(folder, 'cache'), retries: 0 },
  ...more,
});

/** Answers requests for a file in its own way. */
const forFile =
  (name: string, answer: (...given: Parameters<Fault>) => void): Fault =>
  (request, response) => {
    if (!request.url!.includes('/resolve/') || !request.url!.endsWith(`/${name}`)) return false;
    answer(request, response);
    return true;
  };

test('what was pushed is pulled: the same bytes, pinned by its commit', async () => {
  const progress: number[] = [];
  const pushed = await pushLearner(saved, 'me/pets', options());
  expect(pushed.commit).toMatch(/^[0-9a-f]{40}$/u);
  const pulled = await pullLearner('me/pets', {
    ...options(),
    onProgress: ({ done, total }) => progress.push(done / total),
  });
  expect(pulled).toMatchObject({ id: 'me/pets', commit: pushed.commit, downloaded: true });
  for (const name of await readdir(saved)) {
    expect(await readFile(join(pulled.folder, name))).toEqual(await readFile(join(saved, name)));
  }
  expect((await readSavedLearner(pulled.folder)).state.tensors['w']).toEqual(state.tensors['w']);
  expect(progress.at(-1)).toBe(1);
  expect(hub.tokens).toEqual(new Set(['Bearer hf_secret']));
});

test('the card goes along, and tensors through LFS', async () => {
  const { commit } = await pushLearner(saved, 'me/pets', options());
  const files = hub.commits.get(`me/pets@${commit}`)!;
  expect(files.get('README.md')!.toString()).toContain('base_model: "b/b"');
  expect(hub.requests.filter((one) => one.startsWith('PUT /lfs/')).length).toBeGreaterThan(0);
});

test('a licence that is given on the way stands on the card, and the manifest knows the card', async () => {
  await pushLearner(saved, 'me/pets', { ...options(), license: 'mit' });
  const { folder: pulled } = await pullLearner('me/pets', options());
  const card = await readFile(join(pulled, 'README.md'), 'utf8');
  expect(card.split('\n---\n')[0]).toContain('license: "mit"');
  expect(card).toContain('## Licence\n\nmit for what is in this repository.');
  expect(await readFile(join(saved, 'README.md'), 'utf8')).not.toContain('mit for'); // the folder stays
});

test('a branch moves, a commit does not', async () => {
  const first = await pushLearner(saved, 'me/pets', options());
  await saveLearner(saved, { plugin: { name: 'rail' }, options: { ridge: 1 }, state, backbone });
  const second = await pushLearner(saved, 'me/pets', options());
  expect((await pullLearner('me/pets', options())).commit).toBe(second.commit);
  const pinned = await pullLearner(`hf://me/pets@${first.commit}`, options());
  expect((await readSavedLearner(pinned.folder)).options).toEqual({});
});

test('a commit in the cache needs no network, a branch needs to be let off it', async () => {
  const { commit } = await pushLearner(saved, 'me/pets', options());
  await pullLearner('me/pets', options());
  await hub.close();
  const again = await pullLearner(`me/pets@${commit}`, options());
  expect(again.downloaded).toBe(false);
  expect((await pullLearner('me/pets', options({ offline: true }))).commit).toBe(commit);
  const online = await failure(pullLearner('me/pets', options()));
  expect(online.code).toBe('DOWNLOAD_FAILED');
  expect(online.message).toContain(
    'pull me/pets@main: the connection failed (connect ECONNREFUSED',
  );
  const unknown = await failure(pullLearner('me/other', options({ offline: true })));
  expect(unknown).toMatchObject({ code: 'NOT_FOUND' });
  expect(unknown.message).toContain('does not have it, and offline was asked for.');
});

test('a cached file that changed is noticed', async () => {
  await pushLearner(saved, 'me/pets', options());
  const { folder: cached } = await pullLearner('me/pets', options());
  await writeFile(join(cached, 'classes.json'), '[]');
  const error = await failure(pullLearner('me/pets', options({ offline: true })));
  expect(error.code).toBe('CHECKSUM_MISMATCH');
});

describe('a hub that answers', () => {
  beforeEach(async () => {
    await pushLearner(saved, 'me/pets', options());
  });
  const status =
    (code: number, headers: Record<string, string> = {}): Fault =>
    (_, response) => {
      response.writeHead(code, headers).end('no');
      return true;
    };

  test.each([
    [401, 'ACCESS_DENIED', 'the hub answered 401, expected to be let in. Set HF_TOKEN'],
    [403, 'ACCESS_DENIED', 'the hub answered 403'],
    [404, 'NOT_FOUND', 'the hub answered 404. Check the name and the revision.'],
    [429, 'DOWNLOAD_FAILED', 'the hub answered 429. It asks for a pause: try again later.'],
    [500, 'DOWNLOAD_FAILED', 'the hub answered 500. Try again later.'],
  ])('%i: says %s and what to do, and leaves nothing behind', async (code, expected, said) => {
    hub.fault = status(code);
    const error = await failure(pullLearner('me/pets', options()));
    expect(error.code).toBe(expected);
    expect(error.message).toContain(`pull me/pets@main: ${said}`);
    expect(error.message).not.toContain('hf_secret');
    expect(existsSync(join(folder, 'cache', 'learners', 'me--pets'))).toBe(false);
  });

  test('429 once is asked again, after the pause that it wants', async () => {
    let refused = 0;
    let asked = 0;
    hub.fault = (...given) => {
      refused += 1;
      if (refused === 1) {
        asked = performance.now();
        return status(429, { 'retry-after': '2' })(...given);
      }
      if (refused === 2) asked = performance.now() - asked;
      return false;
    };
    const phases: string[] = [];
    const onProgress = ({ phase }: Progress): unknown => phases.push(phase);
    const pulled = await pullLearner('me/pets', options({ retries: 1, onProgress }));
    expect(pulled.downloaded).toBe(true);
    expect(asked).toBeGreaterThanOrEqual(1_990); // timers may be early by a few milliseconds
    expect(phases[0]).toBe('pause of 2 s');
  });

  test('429 with a pause that nobody waits for: told at once, with its length', async () => {
    hub.fault = status(429, { 'retry-after': '3600' });
    const error = await failure(pullLearner('me/pets', options({ retries: 3 })));
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(error.message).toContain(
      'the hub is busy and asks for a pause of 3600 s, expected at most 300 s. Try again after it.',
    );
    expect(hub.requests.filter((one) => one.includes('/revision/'))).toHaveLength(1);
  });

  test('half a file, then the rest: fetched from where it broke', async () => {
    const asked: (string | undefined)[] = [];
    hub.fault = forFile('learner.safetensors', (request, response) => {
      const content = hub.commits.get(`me/pets@${hub.branches.get('me/pets@main')}`)!;
      const whole = content.get('learner.safetensors')!;
      const { range } = request.headers;
      asked.push(range);
      if (range !== undefined && !range.startsWith('bytes=0-')) {
        return send(request, response, whole);
      }
      if (range === 'bytes=0-0') return send(request, response, whole);
      response.writeHead(200, { 'content-length': whole.length });
      response.write(whole.subarray(0, 1000), () => setTimeout(() => response.destroy(), 50));
    });
    const { folder: pulled } = await pullLearner('me/pets', options({ retries: 1 }));
    const bytes = await readFile(join(pulled, 'learner.safetensors'));
    expect(bytes).toEqual(await readFile(join(saved, 'learner.safetensors')));
    expect(asked.at(-1)).toBe(`bytes=1000-${bytes.length - 1}`);
  });

  test('401 to a push: the repository stays as it was', async () => {
    const before = hub.branches.get('me/pets@main');
    hub.fault = (request, response) =>
      request.url!.includes('/commit/') && status(401)(request, response);
    const error = await failure(pushLearner(saved, 'me/pets', options()));
    expect(error.code).toBe('ACCESS_DENIED');
    expect(error.message).toContain('push to me/pets: the hub answered 401');
    expect(error.message).toContain('The repository is as it was.');
    expect(hub.branches.get('me/pets@main')).toBe(before);
  });

  test('500 to a push: says so', async () => {
    hub.fault = (request, response) =>
      request.url!.includes('/preupload/') && status(500)(request, response);
    const error = await failure(pushLearner(saved, 'me/pets', options()));
    expect(error).toMatchObject({ code: 'UPLOAD_FAILED' });
  });

  test('half a file: nothing of it is kept, and what was pulled before stays', async () => {
    const before = await pullLearner('me/pets', options());
    await saveLearner(saved, { plugin: { name: 'rail' }, options: { ridge: 2 }, state, backbone });
    await pushLearner(saved, 'me/pets', options());
    hub.fault = forFile('learner.safetensors', (request, response) => {
      const content = hub.commits.get(`me/pets@${hub.branches.get('me/pets@main')}`)!;
      const whole = content.get('learner.safetensors')!;
      if (request.headers.range !== undefined) return send(request, response, whole);
      response.writeHead(200, { 'content-length': whole.length });
      response.write(whole.subarray(0, whole.length / 2), () => response.destroy());
    });
    const error = await failure(pullLearner('me/pets', options()));
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(error.message).toContain('What was pulled before is unchanged.');
    const root = join(folder, 'cache', 'learners', 'me--pets');
    expect((await readdir(root)).sort()).toEqual([before.commit, 'refs'].sort());
    hub.fault = undefined;
    expect((await pullLearner('me/pets', options())).downloaded).toBe(true);
  });

  test('another file: kept aside, and named', async () => {
    hub.fault = forFile('classes.json', (request, response) => {
      send(
        request,
        response,
        Buffer.from(JSON.stringify([{ id: 'dog', name: 'dog' }], null, 2) + '\n'),
      );
    });
    const error = await failure(pullLearner('me/pets', options()));
    expect(error.code).toBe('CHECKSUM_MISMATCH');
    const aside = join(folder, 'cache', 'learners', 'me--pets', 'rejected-classes.json');
    expect(error.message).toContain(`It was kept as ${aside}.`);
    expect(await readFile(aside, 'utf8')).toContain('dog');
  });

  test('a file larger than its manifest says: not fetched', async () => {
    hub.fault = forFile('classes.json', (request, response) => {
      send(request, response, Buffer.alloc(100_000));
    });
    const error = await failure(pullLearner('me/pets', options()));
    expect(error.code).toBe('CORRUPT_FILE');
    expect(error.message).toContain(
      'the hub offers 100000 bytes for classes.json, expected at most',
    );
  });

  test('a Git LFS pointer in the place of a file: told as such', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 4000\n`;
    hub.fault = forFile('learner.safetensors', (request, response) => {
      send(request, response, Buffer.from(pointer));
    });
    const error = await failure(pullLearner('me/pets', options()));
    expect(error.code).toBe('CORRUPT_FILE');
    expect(error.message).toContain('learner.safetensors is a Git LFS pointer, expected the file');
  });

  test('nothing of a saved learner: NOT_FOUND', async () => {
    hub.commits.get(`me/pets@${hub.branches.get('me/pets@main')}`)!.delete('MANIFEST.json');
    const error = await failure(pullLearner('me/pets', options()));
    expect(error.code).toBe('NOT_FOUND');
    expect(error.message).toContain(
      'the repository has no MANIFEST.json, expected a saved learner.',
    );
  });
});

test('a learner that is not whole is not pushed', async () => {
  await writeFile(join(saved, 'classes.json'), '[]');
  const error = await failure(pushLearner(saved, 'me/pets', options()));
  expect(error.code).toBe('CHECKSUM_MISMATCH');
  expect(hub.requests).toEqual([]);
});

test('a signal that fires stops a pull with ABORTED', async () => {
  await pushLearner(saved, 'me/pets', options());
  const controller = new AbortController();
  hub.fault = forFile('classes.json', () => controller.abort());
  const error = await failure(pullLearner('me/pets', options({ signal: controller.signal })));
  expect(error.code).toBe('ABORTED');
});

test.each(['pets', 'me/../pets', 'me/pets@../x', 'me/pets@a@b', '/me/pets', 'me/p ets', ''])(
  'the name %j is refused',
  (text) => {
    expect(() => parseRepository(text)).toThrow('expected org/name or org/name@revision.');
  },
);

test('names are read with and without a revision', () => {
  expect(parseRepository('hf://me/pets')).toEqual({ id: 'me/pets', revision: 'main' });
  expect(parseRepository('me/pets@v1.0')).toEqual({ id: 'me/pets', revision: 'v1.0' });
});
