import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { tinyClipInfo, tinyClipPath } from '@cl/tiny-clip';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** SHA-256 of every file below a folder by its path with forward slashes. */
function hashesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    files.map((file) => [
      relative(folder, file).split(sep).join('/'),
      createHash('sha256').update(readFileSync(file)).digest('hex'),
    ]),
  );
}

/** Header and data of a safetensors file (8 bytes of length, JSON, data). */
function readWeights(): { header: Record<string, { shape: number[] }>; data: Buffer } {
  const bytes = readFileSync(join(tinyClipPath, 'model.safetensors'));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  delete header.__metadata__;
  return { header, data: bytes.subarray(8 + length) };
}

test('the model folder holds exactly the recorded files with the recorded SHA-256', () => {
  expect(Object.keys(tinyClipInfo.files)).toHaveLength(8);
  expect(hashesOf(tinyClipPath)).toEqual(tinyClipInfo.files);
});

test('the recorded facts are those of the files', () => {
  const config = JSON.parse(readFileSync(join(tinyClipPath, 'config.json'), 'utf8'));
  expect(config.vision_config.image_size).toBe(tinyClipInfo.imageSize);
  expect(config.projection_dim).toBe(tinyClipInfo.featureDim);
  const { header, data } = readWeights();
  let parameters = 0;
  for (const { shape } of Object.values(header)) parameters += shape.reduce((a, b) => a * b, 1);
  expect(parameters).toBe(tinyClipInfo.parameters);
  // `logit_scale` is the first tensor, float16 0x4294 = 2¹ · (1 + 660/1024) = 3.2890625.
  expect(data.readUInt16LE(0)).toBe(0x4294);
  expect(config.logit_scale_init_value).toBe(2 * (1 + 660 / 1024));
  expect(Math.log(tinyClipInfo.logitScale)).toBeCloseTo(3.2890625, 12);
});

describe('packed with npm pack and extracted elsewhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tiny-clip-'));
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  let tarball = '';

  beforeAll(() => {
    const windows = process.platform === 'win32'; // npm is a script there
    const out = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      shell: windows,
      encoding: 'utf8',
    });
    tarball = join(folder, /"filename":\s*"([^"]+)"/.exec(out)![1]!.replace('@cl/', 'cl-'));
    execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('the tarball carries the weights and the credits, and stays under 16 MB', () => {
    expect(hashesOf(join(folder, 'package', 'model'))).toEqual(tinyClipInfo.files);
    expect(readFileSync(join(folder, 'package', 'SOURCES.md'), 'utf8')).toContain('CC-BY-4.0');
    expect(statSync(tarball).size).toBeLessThan(16_000_000);
  });

  test('tinyClipPath of the built package points into the extracted copy', () => {
    const entry = pathToFileURL(join(folder, 'package', 'dist', 'index.js')).href;
    const script = `const { tinyClipPath } = await import('${entry}'); console.log(tinyClipPath);`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(out.trim()).toBe(join(folder, 'package', 'model'));
  });
});
