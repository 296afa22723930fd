// @ts-check
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCatalogue } from '@cl/hub';
import { expect, test } from 'vitest';
import { errorFolder, errorPages } from './error-pages.mjs';

const pages = await errorPages();

test('every code has a page, and no page is left of a code that is gone', async () => {
  const names = Object.keys(errorCatalogue).map((code) => `${code}.md`);
  expect(names.length).toBeGreaterThan(25);
  expect((await readdir(errorFolder)).sort()).toEqual([...names, 'index.md'].sort());
});

test.each(Object.entries(pages))('%s says what the catalogue says', async (name, text) => {
  const found = await readFile(join(errorFolder, name), 'utf8');
  expect(found, 'Write it anew: node tools/docs/error-pages.mjs').toBe(text);
});
