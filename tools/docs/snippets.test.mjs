// @ts-check
// Code of pages compiles against the packages; what can run does, and gives what the comments beside it say.
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { canBeGiven } from './given.mjs';
import { readPages } from './pages.mjs';
import { carryOut, openFolder, save } from './reader.mjs';
import { asProgram, changed, changes, valueIn } from './programs.mjs';
import { checkTypes, snippetsOf } from './snippets.mjs';

const place = inject('place');
const pages = (await readPages()).filter(({ path }) => !path.includes('/templates/'));
const snippets = snippetsOf(pages);
const verdicts = checkTypes(snippets);
const running = snippets
  .map((snippet, i) => ({ ...snippet, given: verdicts[i]?.given ?? [] }))
  .filter(
    ({ page, path, text, given }) =>
      path === undefined && canBeGiven(page, given) && !text.includes("from './"),
  );

test('there is code in many pages, and much of it runs', () => {
  expect(new Set(snippets.map(({ page }) => page)).size).toBeGreaterThan(20);
  expect(running.length).toBeGreaterThan(15);
});

test('all of it compiles', () => {
  expect(verdicts.flatMap(({ faults }) => faults).join('\n')).toBe('');
});

test('every change is needed', () => {
  const idle = changes.filter(({ page, text }) =>
    snippets.every((one) => one.page !== page || !one.text.includes(text)),
  );
  expect(idle).toEqual([]);
});

test.each([
  ['10 domains, at most 16', '10'],
  ['0.175: a true accuracy of 0 counts', '0.175'],
  ["PILOT's order: [ 4, 2 ]", '[ 4, 2 ]'],
  ['{ mean: 0.7, n: 3 }', '{ mean: 0.7, n: 3 }'],
  ['undefined: not evaluated', 'undefined'],
  ['one node a line', undefined],
  ['{ query, key, … }', undefined],
])('the comment "%s" promises %s', (comment, value) => {
  expect(valueIn(comment)).toBe(value);
});

test('a value that differs from its comment is told', async () => {
  const run = (/** @type {string} */ text) =>
    import(`data:text/javascript,${encodeURIComponent(asProgram(text))}`);
  await run('[0.1 + 0.2]; // [0.3]');
  await expect(run('1 + 1; // 3')).rejects.toThrow('gives 2, the page says 3');
});

describe.concurrent('what can run, runs:', () => {
  test.each(running)('$page, line $line', async (snippet) => {
    const folder = await openFolder(place, `${snippet.page}-${snippet.line}`);
    await copyFile(join(import.meta.dirname, 'surroundings.mjs'), join(folder, 'surroundings.mjs'));
    const { given } = snippet;
    const before =
      given.length === 0 ? '' : `import { ${given.join()} } from './surroundings.mjs';\n`;
    const after = given.length === 0 ? '' : '\nprocess.exit();'; // the backbone is everybody's
    await save(folder, 'snippet.mjs', `${before}${asProgram(changed(snippet))}${after}`);
    const { code, output } = await carryOut(place, folder, 'node snippet.mjs');
    expect(code, output).toBe(0);
  });
});
