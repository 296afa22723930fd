// @ts-check
// Does what a page says, in a folder of its own.
import { spawn } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from './pages.mjs';

/** @typedef {{ machine: string, hub: string }} Place where the reader's things are, and the address of their hub. */

/**
 * A folder as the reader of a page finds it: photos, an earlier run, packages installed.
 *
 * @param {Place} place
 * @param {string} page - its path; names the folder.
 */
export async function openFolder({ machine }, page) {
  const folder = join(machine, page.replaceAll(/[^\w-]/gu, '-'));
  await cp(join(machine, 'world'), folder, { recursive: true, verbatimSymlinks: true });
  return folder;
}

/**
 * Saves a file that a page shows.
 *
 * @param {string} folder
 * @param {string} path
 * @param {string} text
 */
export async function save(folder, path, text) {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), `${text}\n`);
}

/**
 * Types a command into a shell, and waits for its end.
 *
 * @param {Place} place
 * @param {string} cwd
 * @param {string} command
 * @returns {Promise<{ code: number | null, output: string }>} output and errors as they came.
 */
export async function carryOut({ machine, hub }, cwd, command) {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^npm_|^NODE_OPTIONS$|^VITEST|^NODE_ENV$|^CL_/u.test(name),
  );
  const env = {
    ...Object.fromEntries(own),
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH']}`,
    CL_CACHE_DIR: join(machine, 'cache'),
    HF_ENDPOINT: hub,
    HF_TOKEN: 'hf_reader',
    REPOSITORY: root,
    NO_COLOR: '1',
  };
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (/** @type {Buffer} */ chunk) => (output += chunk.toString()));
  }
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, output };
}
