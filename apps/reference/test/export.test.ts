import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunRecord } from '@cl/hub';
import { tinyClipPath } from '@cl/tiny-clip';
import { AutoProcessor, CLIPVisionModelWithProjection, RawImage } from '@huggingface/transformers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHub } from '../../../packages/model-hub/test/fake-hub.ts';
import { cl } from './fixtures/cl.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'cl-export-'));
  const stream = ['--stream', 'class-incremental,classesPerTask=5', '--shots', '2'];
  const learners = [
    '--learner',
    'sotu,epochs=1,p=0,learningRate=0.003,label=sotu',
    '--learner',
    'nearest-mean',
  ];
  const data = ['--dataset', 'icon-bench,domains=digits', '--name', 'tuned'];
  const { code, stderr } = await cl(['run', ...data, ...stream, ...learners], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}, 240_000);
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** What transformers.js makes of a picture with the image tower in a folder. */
async function embed(folder: string): Promise<number[]> {
  const options = { local_files_only: true, dtype: 'fp32' } as const;
  const model = await CLIPVisionModelWithProjection.from_pretrained(folder, options);
  const processor = await AutoProcessor.from_pretrained(folder, options);
  const pixels = new Uint8ClampedArray(48 * 48 * 3).map((_, i) => (i * 7) % 256);
  const inputs = (await processor(new RawImage(pixels, 48, 48, 3))) as Record<string, unknown>;
  const { image_embeds: embeds } = (await model(inputs)) as {
    image_embeds: { tolist(): number[][] };
  };
  await model.dispose();
  return embeds.tolist()[0]!;
}

test('exports the merged backbone as a folder that transformers.js loads and cl runs', async () => {
  const learner = 'runs/tuned/learners/sotu-0';
  const { code, stdout, stderr } = await cl(['export', learner, '--out', 'merged', '--json'], {
    cwd,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { files } = JSON.parse(stdout) as { files: string[] };
  const onnx = ['merged/onnx/text_model.onnx', 'merged/onnx/vision_model.onnx'];
  const configs = ['merged/config.json', 'merged/preprocessor_config.json'];
  expect(files).toEqual(expect.arrayContaining([...onnx, ...configs, 'merged/README.md']));
  expect(files).not.toContain('merged/model.safetensors'); // the weights before
  const [before, after] = [await embed(tinyClipPath), await embed(join(cwd, 'merged'))];
  expect(after).toHaveLength(before.length);
  expect(after.every(Number.isFinite)).toBe(true);
  const norm = (v: number[]): number => Math.hypot(...v);
  const cosine = after.reduce((sum, x, i) => sum + x * before[i]!, 0) / norm(after) / norm(before);
  expect(cosine).toBeGreaterThan(0.5); // still that model
  expect(cosine).toBeLessThan(0.9999); // and changed
  const data = ['--dataset', 'icon-bench,domains=digits', '--shots', '1'];
  const args = ['run', ...data, '--learner', 'zero-shot', '--backbone', 'merged', '--json'];
  const again = await cl(args, { cwd });
  expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });

  // By way of a hub it is the same backbone: its fingerprint is that of its weights.
  const hub = await startHub();
  const push = await cl(['push', 'merged', 'me/merged', '--hub', hub.url], { cwd });
  const pull = await cl(['pull', 'me/merged', 'copy', '--hub', hub.url], { cwd });
  await hub.close();
  expect([push.code, pull.code]).toEqual([0, 0]);
  const copied = await cl(args.with(args.indexOf('merged'), 'copy'), { cwd });
  const fingerprint = ({ stdout: text }: { readonly stdout: string }): string =>
    (JSON.parse(text) as RunRecord).backbone.fingerprint;
  expect(fingerprint(copied)).toBe(fingerprint(again));
  const card = await readFile(join(cwd, 'copy', 'README.md'), 'utf8');
  expect(card).toMatch(/\| .+ \| 5 \| 10 \| \d+\.\d \|/u); // five classes, two images each, an accuracy
  expect(card).toContain('base_model: "tiny-clip"');
  expect(card).toContain('## Data kept\n\nWeights only; ');
}, 240_000);

test('refuses what cannot be exported, and writes nothing', async () => {
  const refused = async (args: string[], code: number, says: string[]): Promise<void> => {
    const outcome = await cl(['export', ...args], { cwd });
    expect(outcome.code).toBe(code);
    for (const text of says) expect(outcome.stderr).toContain(text);
  };
  await refused(['runs/tuned/learners/nearest-mean-0', '--out', 'none'], 1, [
    'learner "nearest-mean" does not change the backbone',
    '(NOT_SUPPORTED)',
  ]);
  await refused(['runs/tuned/learners/sotu-1', '--out', 'none'], 1, [
    'holds no saved learner (MANIFEST.json), did you mean "sotu-0"?',
    '(NOT_FOUND)',
  ]);
  await refused(['runs/tuned/learners/sotu-0'], 2, ['no --out folder']);
  await mkdir(join(cwd, 'full'), { recursive: true });
  await writeFile(join(cwd, 'full', 'mine.txt'), '');
  await refused(['runs/tuned/learners/sotu-0', '--out', 'full'], 2, ['is not empty']);
  expect(await readdir(join(cwd, 'full'))).toEqual(['mine.txt']);
  expect((await readdir(cwd)).filter((name) => name.startsWith('none'))).toEqual([]);
}, 120_000);
