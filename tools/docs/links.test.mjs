// @ts-check
// What pages point at is there: files, npm scripts, the guides on the site.
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { readPages, root } from './pages.mjs';

const pages = (await readPages()).filter(({ path }) => !path.includes('/templates/'));
const guides = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/guides/'));

test('every relative link leads to a file', () => {
  const links = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)/gu)].map(([, target = '']) => ({
      path,
      target: normalize(join(dirname(path), target)),
    })),
  );
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter(({ target }) => !existsSync(join(root, target)))).toEqual([]);
});

test('every npm script that a page names is one of its package or of the repository', async () => {
  const missing = [];
  for (const { path, text } of pages) {
    const scripts = { ...(await scriptsOf('.')), ...(await scriptsOf(packageOf(path))) };
    for (const [, name = ''] of text.matchAll(/npm run ([\w:-]+)/gu)) {
      if (!(name in scripts)) missing.push(`${path}: npm run ${name}`);
    }
  }
  expect(missing).toEqual([]);
});

test('every guide is on the site, and linked from the README', async () => {
  const { projectDocuments } = JSON.parse(await readFile(join(root, 'typedoc.json'), 'utf8'));
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  expect(guides.length).toBeGreaterThan(10);
  expect(guides.filter((path) => !projectDocuments.includes(path))).toEqual([]);
  expect(guides.filter((path) => !readme.includes(`(${path})`))).toEqual([]);
});

test('the picture of the layers in CONTRIBUTING has every package, in its layer', async () => {
  const contributing = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => ({ folder: join(group, name), name })),
  );
  expect(folders.length).toBeGreaterThan(20);
  for (const { folder, name } of folders) {
    const { nx } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    const layer = nx.tags[0].replace('layer:', '');
    expect(contributing).toMatch(new RegExp(`^${layer} +(\\S+ +)*${name}( |$)`, 'mu'));
  }
});

test('the table of the README has every package', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const own = pages
    .map(({ path }) => path)
    .filter((path) => /^(packages|apps)\/[^/]+\/README/u.test(path));
  expect(own.length).toBeGreaterThan(20);
  expect(own.filter((path) => !readme.includes(`](${path}) `))).toEqual([]);
});

/** The folder of the nearest package.json. @param {string} path */
function packageOf(path) {
  let folder = dirname(path);
  while (!existsSync(join(root, folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** @param {string} folder @returns {Promise<Readonly<Record<string, string>>>} */
async function scriptsOf(folder) {
  const { scripts = {} } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
  return scripts;
}
