// @ts-check
// A page for each error code, made from the catalogue in @cl/hub: `node tools/docs/error-pages.mjs` writes them.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCatalogue, errorGuide } from '@cl/hub';
import { format, resolveConfig } from 'prettier';
import { root } from './pages.mjs';

/** Where they stand. */
export const errorFolder = join(root, 'docs', 'errors');

/**
 * The pages by file name: one a code, and `index.md`, which lists them.
 *
 * @returns {Promise<Readonly<Record<string, string>>>}
 */
export async function errorPages() {
  const codes = /** @type {(keyof typeof errorCatalogue)[]} */ (Object.keys(errorCatalogue));
  const settings = { ...(await resolveConfig(join(root, 'README.md'))), parser: 'markdown' };
  const pages = codes.map((code) => [`${code}.md`, pageOf(code)]);
  const all = [...pages, ['index.md', indexOf(codes)]];
  const written = all.map(async ([name, text = '']) => [name, await format(text, settings)]);
  return Object.fromEntries(await Promise.all(written));
}

/** @param {keyof typeof errorCatalogue} code */
function pageOf(code) {
  const { when, help } = errorGuide[code];
  return [
    `---\ntitle: ${code}\n---`,
    `# ${code}`,
    errorCatalogue[code],
    `**When.** ${when}`,
    '**What to do.**',
    help.map((sentence) => `- ${sentence}`).join('\n'),
    '[All error codes](index.md)',
    '',
  ].join('\n\n');
}

/** @param {readonly (keyof typeof errorCatalogue)[]} codes */
function indexOf(codes) {
  const children = codes.map((code) => `  - ./${code}.md`).join('\n');
  const rows = codes.map((code) => `| [${code}](${code}.md) | ${errorCatalogue[code]} |`);
  return [
    `---\ntitle: Error codes\nchildren:\n${children}\n---`,
    '# Error codes',
    'Every error that the packages throw on purpose is a `ClError` with one of these codes and a sentence: _where: what was found, ' +
      'what was expected. What to do._ Codes are stable; sentences are not. `cl` prints the code behind the sentence, `cl explain <code>` what its page says.',
    `| code | meaning |\n| --- | --- |\n${rows.join('\n')}`,
    'From code, compare `error.code`, never the text:',
    "```ts\nimport { isClError } from '@cl/hub';\nimport { readSavedLearner } from '@cl/hub/node';\n\n" +
      "try {\n  await readSavedLearner('no-such-folder');\n} catch (error) {\n" +
      "  if (!isClError(error) || error.code !== 'NOT_FOUND') throw error;\n  console.log(error.message);\n}\n```",
    'Codes, meanings and advice are data: `errorCatalogue` and `errorGuide` of `@cl/hub`, from which these pages are made.',
    '',
  ].join('\n\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = await errorPages();
  await mkdir(errorFolder, { recursive: true });
  for (const name of await readdir(errorFolder))
    if (!(name in pages)) await rm(join(errorFolder, name));
  for (const [name, text] of Object.entries(pages)) await writeFile(join(errorFolder, name), text);
}
