import { execFileSync } from 'node:child_process';
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
