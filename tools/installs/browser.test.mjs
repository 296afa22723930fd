// @ts-check
// What says that it runs in browsers, in a browser: the same five-line uses, bundled from the tarballs, in Chromium.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { installInto, readUses } from './install.mjs';

const [folder, registry] = [inject('folder'), inject('registry')];
const place = join(folder, 'browser');
const uses = (await readUses()).filter(({ name }) => !name.endsWith('-node'));

/** Packages that run in browsers, with kilobytes that their use may take when bundled and minified. */
const limits = { hub: 40, metrics: 20, onnx: 150, autodiff: 250 };

const executablePath = [process.env['CHROMIUM_PATH'] ?? '', '/usr/bin/chromium'].find(
  (path) => path !== '' && existsSync(path),
);
if (executablePath === undefined) {
  if (process.env['CI'] === 'true') throw new Error('CI=true and no Chromium: install it.');
  console.warn('browser tests skipped: no chromium. Install it, or name it in CHROMIUM_PATH.');
}

describe('bundled', () => {
  /** @type {import('playwright-core').Browser | undefined} */
  let browser;

  beforeAll(async () => {
    await installInto(
      place,
      registry,
      Object.keys(limits).map((name) => `@cl/${name}`),
    );
    if (executablePath === undefined) return;
    const args = ['--no-sandbox', '--disable-gpu'];
    browser = await chromium.launch({ executablePath, args });
  });

  afterAll(() => browser?.close());

  test.each(Object.entries(limits))(
    '@cl/%s stays below %i kB, and runs in Chromium',
    async (name, limit) => {
      const use = uses.find((one) => one.name === name);
      const entry = join(place, `${name}.ts`);
      await writeFile(entry, use?.source ?? '');
      const bundled = await build({
        entryPoints: [entry],
        bundle: true,
        minify: true,
        platform: 'browser',
        format: 'iife',
        write: false,
        logLevel: 'silent',
      });
      expect(bundled.warnings).toEqual([]);
      const [{ text, contents }] = bundled.outputFiles;
      expect(contents.length / 1024).toBeLessThan(limit);
      if (browser === undefined) return;
      const page = await browser.newPage();
      /** @type {string[]} */
      const said = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(`threw ${error.message}`));
      await page.addScriptTag({ content: text });
      await expect.poll(() => said).toEqual([use?.prints]);
      await page.close();
    },
  );

  test('what needs Node is refused by a bundler for browsers, not by a user', async () => {
    const contents = "import { saveLearner } from '@cl/hub/node'; console.log(saveLearner);";
    const options = { bundle: true, platform: /** @type {const} */ ('browser'), write: false };
    const refused = build({
      ...options,
      stdin: { contents, resolveDir: place },
      logLevel: 'silent',
    });
    await expect(refused).rejects.toThrow(/Could not resolve "node:/u);
  });
});
