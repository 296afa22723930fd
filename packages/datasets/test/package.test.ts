import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Below the package, so that the copy finds the dependencies that npm would install with it.
const folder = mkdtempSync(join(root, 'dist', 'packed-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the icon benchmark is complete in what npm pack makes, and decodes from there', () => {
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    shell: process.platform === 'win32', // npm is a script there
    encoding: 'utf8',
  });
  const name = /"filename":\s*"([^"]+)"/.exec(packed)![1]!.replace('@cl/', 'cl-');
  execFileSync('tar', ['-xzf', join(folder, name), '-C', folder]);
  const entry = pathToFileURL(join(folder, 'package', 'dist', 'index.js')).href;
  const script = `
    const { iconBench } = await import('${entry}');
    const { classes, test } = await iconBench.create(iconBench.defaults);
    const { data } = await test.at(-1).image.source.load();
    console.log([classes.length, test.length, data.length].join(' '));`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(out.trim()).toBe('315 2634 6912'); // 48 × 48 × 3 bytes
});

test('importing the package loads no image library, no parquet and no zip reader', () => {
  const entry = pathToFileURL(join(root, 'dist', 'index.js')).href;
  const hooks = `export async function resolve(name, context, next) {
    if (/^(sharp|hyparquet|yauzl|yaml|onnxruntime)/.test(name)) process._rawDebug('loads ' + name);
    return next(name, context);
  }`;
  const script = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
    const { iconBench } = await import('${entry}');
    process._rawDebug('imported');
    const { test } = await iconBench.create(iconBench.defaults);
    await test[0].image.source.load();`;
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--no-warnings', '-e', script],
    { encoding: 'utf8' },
  );
  expect(status).toBe(0);
  // The picture brings sharp, so the watch works; before that there was nothing.
  expect(stderr.trim()).toMatch(/^imported\nloads sharp/u);
});
