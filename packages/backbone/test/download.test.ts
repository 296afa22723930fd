/** A hub on this machine: speaks `/<id>/resolve/<revision>/<file>` as huggingface.co does. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheSizes, clip } from '@cl/backbone';
import type { Progress } from '@cl/hub';
import { tinyClipPath } from '@cl/tiny-clip';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tinyClip } from './support/tiny-clip.ts';

let server: Server;
let mirror: string;
let cacheDir: string;
let requests: string[];
/** What a test does to the answer to a file; returns whether it answered. */
let mischief: (file: string, response: ServerResponse) => boolean;

beforeEach(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), 'cl-cache-'));
  requests = [];
  mischief = () => false;
  server = createServer((request, response) => {
    const [, file] = /^\/some\/tiny-clip\/resolve\/v1\/(.+)$/.exec(request.url ?? '') ?? [];
    requests.push(file ?? `unknown ${request.url}`);
    if (file !== undefined && mischief(file, response)) return;
    const path = join(tinyClipPath, file ?? 'none');
    if (file === undefined || !existsSync(path)) {
      response.writeHead(404).end('Entry not found');
      return;
    }
    const body = readFileSync(path);
    response.writeHead(200, { 'content-length': body.length }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(cacheDir, { recursive: true, force: true });
});

const options = (): typeof tinyClip => ({
  ...tinyClip,
  model: 'some/tiny-clip',
  revision: 'v1',
  mirror,
  cacheDir,
});
const filesLeft = (): string[] =>
  (existsSync(cacheDir) ? readdirSync(cacheDir, { recursive: true, encoding: 'utf8' }) : []).filter(
    (name) => /\.(json|onnx|part)$/.test(name),
  );

describe('a model from a mirror', () => {
  test('is downloaded once, with progress, and then needs no network', async () => {
    const steps: Progress[] = [];
    const first = await clip.create(options(), { onProgress: (step) => steps.push(step) });
    const vision = steps.filter(({ phase }) => phase.endsWith('vision_model.onnx'));
    expect(vision.at(-1)).toEqual({
      phase: 'download some/tiny-clip/onnx/vision_model.onnx',
      done: 5_709_320,
      total: 5_709_320,
    });
    expect(requests).toContain('onnx/text_model.onnx');
    expect(filesLeft().filter((name) => name.endsWith('.part'))).toEqual([]);
    const sizes = await cacheSizes(cacheDir);
    expect(sizes.models).toBeGreaterThan(8_000_000);
    expect(sizes.features).toBe(0);

    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const again = await clip.create(options());
    const local = await clip.create(tinyClip);
    expect(again.fingerprint).toBe(local.fingerprint);
    const a = await again.embedTexts!(['a cat']);
    expect(a).toEqual(await local.embedTexts!(['a cat']));
    await Promise.all([first.dispose(), again.dispose(), local.dispose()]);
  });

  test('that is not there is refused by name', async () => {
    const unknown = { ...options(), model: 'some/tiny-clap' };
    await expect(clip.create(unknown)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(
        /"some\/tiny-clap\/config\.json" does not exist.*Check/,
      ) as string,
    });
    await expect(clip.create({ ...options(), revision: 'v2' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(filesLeft()).toEqual([]);
  });

  test('without a network says how to do without', async () => {
    const nowhere = { ...options(), mirror: 'http://127.0.0.1:9/' };
    await expect(clip.create(nowhere)).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringMatching(/127\.0\.0\.1:9.*Check the network.*local folder/) as string,
    });
  });

  test('that is gated, or a hub in trouble, is told from one that is missing', async () => {
    mischief = (_, response) => Boolean(response.writeHead(401).end());
    await expect(clip.create(options())).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringMatching(/answered 401.*HF_TOKEN/) as string,
    });
    mischief = (_, response) => Boolean(response.writeHead(503).end());
    await expect(clip.create(options())).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringMatching(/answered 503.*later/) as string,
    });
  });

  test('whose connection breaks leaves nothing behind, and a second try succeeds', async () => {
    mischief = (file, response) => {
      if (file !== 'onnx/vision_model.onnx') return false;
      response.writeHead(200, { 'content-length': 5_709_320 });
      response.write(Buffer.alloc(100_000), () => response.destroy());
      return true;
    };
    await expect(clip.create(options())).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('vision_model.onnx') as string,
    });
    expect(filesLeft().filter((name) => /vision|part$/.test(name))).toEqual([]);
    mischief = () => false;
    await (await clip.create(options())).dispose();
  });

  test('stops downloading when told to', async () => {
    const controller = new AbortController();
    mischief = (file, response) => {
      if (file !== 'onnx/vision_model.onnx') return false;
      response.writeHead(200, { 'content-length': 5_709_320 });
      response.write(Buffer.alloc(100_000)); // and then nothing more
      setTimeout(() => {
        controller.abort();
      }, 50);
      return true;
    };
    const { signal } = controller;
    await expect(clip.create(options(), { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(filesLeft().filter((name) => /vision|part$/.test(name))).toEqual([]);
  });

  test.each(['../../etc', 'a/../b', 'a/b/c', 'https://example.org/model', ''])(
    'is not looked for under the id %j',
    async (model) => {
      await expect(clip.create({ ...options(), model })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(requests).toEqual([]);
    },
  );
});
