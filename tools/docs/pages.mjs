// @ts-check
// The pages that people read, and the fenced blocks in them.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/u, '');

/**
 * A fenced block.
 *
 * @typedef {{ language: string, text: string, line: number, path: string | undefined }} Block
 *   `line` counts from 1 and is that of the first line inside; `path` names the file to save it as, where its first line is
 *   a comment with a file name: `// my-metric.ts`.
 * @typedef {{ path: string, text: string, blocks: readonly Block[] }} Page `path` is relative to the repository.
 */

const unread = ['node_modules', 'dist', 'coverage', 'docs-site', 'runs', 'test'];

/**
 * Every Markdown file but for changelogs and notes on releases to come.
 *
 * @returns {Promise<readonly Page[]>}
 */
export async function readPages() {
  const paths = (await markdownIn(root)).map((path) => relative(root, path)).sort();
  return Promise.all(paths.map(readPage));
}

/**
 * @param {string} path - relative to the repository.
 * @returns {Promise<Page>}
 */
async function readPage(path) {
  const text = await readFile(join(root, path), 'utf8');
  return { path, text, blocks: blocksOf(text) };
}

/** @param {string} folder @returns {Promise<string[]>} */
async function markdownIn(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return unread.includes(entry.name) || entry.name.startsWith('.') ? [] : markdownIn(path);
    }
    return entry.name.endsWith('.md') && entry.name !== 'CHANGELOG.md' ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

/** @param {string} markdown @returns {readonly Block[]} */
function blocksOf(markdown) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {{ language: string, line: number, indent: number, lines: string[] } | undefined} */
  let open;
  markdown.split('\n').forEach((line, i) => {
    const fence = /^( *)```(.*)$/u.exec(line);
    if (fence === null) open?.lines.push(line.slice(open.indent));
    else if (open === undefined) {
      const language = fence[2]?.trim() ?? '';
      open = { language, line: i + 2, indent: fence[1]?.length ?? 0, lines: [] };
    } else {
      const path = /^\/\/ (\S+\.m?[jt]s)$/u.exec(open.lines[0] ?? '')?.[1];
      blocks.push({ language: open.language, text: open.lines.join('\n'), line: open.line, path });
      open = undefined;
    }
  });
  if (open !== undefined) throw new Error(`a fence opened at line ${open.line - 1} stays open`);
  return blocks;
}

/**
 * The commands of a shell block, one each, as one would type them: continued lines joined, comments gone.
 *
 * @param {string} text
 * @returns {readonly string[]}
 */
export function commandsOf(text) {
  return text
    .replaceAll(/\\\n\s*/gu, '')
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*$/u, '').split(' && '))
    .map((command) => command.trim())
    .filter((command) => command !== '');
}
