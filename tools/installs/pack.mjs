// @ts-check
// Packs the workspace's packages as npm would publish them.
import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const run = promisify(execFile);

/** The repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A package as it would be published.
 *
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} version
 * @property {string} path - its tarball.
 * @property {string} integrity
 * @property {number} size - bytes of the tarball.
 * @property {number} unpackedSize
 * @property {readonly string[]} files - relative to the package.
 * @property {Record<string, any>} manifest - its package.json.
 * @property {boolean} isPrivate
 */

/**
 * Packs every package into a folder; what lies in `dist` must be built.
 *
 * @param {string} folder
 * @returns {Promise<readonly Packed[]>}
 */
export async function packAll(folder) {
  await giveLicences();
  const flags = ['--workspaces', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', ['pack', ...flags], { cwd: root, maxBuffer: 2 ** 26 });
  /** @type {any[]} */
  const packed = Object.values(JSON.parse(stdout));
  return Promise.all(
    packed.map(async ({ name, version, filename, integrity, size, unpackedSize, files }) => {
      const path = join(folder, filename);
      const { stdout: text } = await run('tar', ['-xzOf', path, 'package/package.json']);
      const manifest = JSON.parse(text);
      const paths = files.map((/** @type {{ path: string }} */ file) => file.path);
      const isPrivate = manifest.private === true;
      return {
        name,
        version,
        path,
        integrity,
        size,
        unpackedSize,
        files: paths,
        manifest,
        isPrivate,
      };
    }),
  );
}

/** Every tarball carries the licence; it stands once in the repository. */
async function giveLicences() {
  for (const parent of ['packages', 'apps']) {
    for (const name of await readdir(join(root, parent))) {
      await copyFile(join(root, 'LICENSE'), join(root, parent, name, 'LICENSE'));
    }
  }
}

/**
 * The bytes of a packed package.
 *
 * @param {Packed} packed
 */
export const tarball = (packed) => readFile(packed.path);
