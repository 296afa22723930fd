// @ts-check
// Installs packages into empty folders as a stranger would, and uses them there.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from './pack.mjs';

/** The compiler of this repository; a stranger brings their own. */
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/**
 * An empty project with packages in it, from the registry of this machine for `@cl` and from npm's for the rest.
 *
 * @param {string} folder - made anew.
 * @param {string} registry - its URL.
 * @param {readonly string[]} packages - what to install: names, or paths of tarballs.
 */
export async function installInto(folder, registry, packages) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }\n');
  await npmInstall(folder, registry, packages);
}

/**
 * `npm install` in a folder that has a package.json. No install script runs: the packages need none.
 *
 * @param {string} folder
 * @param {string} registry
 * @param {readonly string[]} [packages] - none: what package.json says.
 */
export async function npmInstall(folder, registry, packages = []) {
  const settings = ['ignore-scripts=true', 'audit=false', 'fund=false', 'update-notifier=false'];
  await writeFile(join(folder, '.npmrc'), [`@cl:registry=${registry}`, ...settings, ''].join('\n'));
  await run('npm', ['install', '--prefer-offline', ...packages], {
    cwd: folder,
    env: strangersEnvironment(),
  });
}

/**
 * The names of all packages under `node_modules` but for the types of Node, with the bytes that they take.
 *
 * @param {string} folder
 */
export async function installed(folder) {
  const lock = JSON.parse(
    await readFile(join(folder, 'node_modules', '.package-lock.json'), 'utf8'),
  );
  const names = Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//u, ''));
  const types = names.includes('@types/node') ? ['@types', 'undici-types'] : [];
  const all = await bytesIn(join(folder, 'node_modules'));
  const ofTypes = await Promise.all(
    types.map((name) => bytesIn(join(folder, 'node_modules', name))),
  );
  return {
    names: names.filter((name) => !types.some((type) => name.startsWith(type))),
    bytes: ofTypes.reduce((rest, one) => rest - one, all),
  };
}

/**
 * Type-checks `use.ts` of a folder strictly, libraries included, and leaves `use.js` beside it.
 *
 * @param {string} folder
 * @param {'NodeNext' | 'Bundler'} resolution
 * @param {boolean} node - whether the types of Node are wanted.
 */
export async function typeCheck(folder, resolution, node) {
  const config = {
    compilerOptions: {
      strict: true,
      skipLibCheck: false,
      skipDefaultLibCheck: true, // TypeScript's own libraries, which are nobody's here
      target: 'ES2023',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      types: node ? ['node'] : [],
      module: resolution === 'NodeNext' ? 'NodeNext' : 'ESNext',
      moduleResolution: resolution,
    },
    files: ['use.ts'],
  };
  const file = `tsconfig.${resolution}.json`;
  await writeFile(join(folder, file), JSON.stringify(config));
  await run(process.execPath, [tsc, '-p', file], { cwd: folder }).catch((error) => {
    throw new Error(`${resolution}: ${error.stdout}`);
  });
}

/**
 * Runs a file of a folder and gives what it printed.
 *
 * @param {string} folder
 * @param {string} file
 */
export async function output(folder, file) {
  const { stdout } = await run(process.execPath, [file], { cwd: folder });
  return stdout.trim();
}

/** @param {string} folder */
async function bytesIn(folder) {
  const { stdout } = await run('du', ['-sk', folder]);
  return Number.parseInt(stdout, 10) * 1024;
}

/** Nothing that npm sets for its children leaks into a stranger's npm, but for how it reaches the network. */
export function strangersEnvironment() {
  const network = /^npm_config_(?:registry|cache|cafile|proxy|https_proxy|noproxy)$/u;
  const own = Object.entries(process.env).filter(
    ([name]) => network.test(name) || !/^npm_|^NODE_OPTIONS$|^VITEST/u.test(name),
  );
  return { ...Object.fromEntries(own), ONNXRUNTIME_NODE_INSTALL: 'skip' };
}

/**
 * The uses of packages: five lines each, with what they print.
 *
 * @returns {Promise<readonly { name: string, source: string, prints: string }[]>}
 */
export async function readUses() {
  const folder = join(root, 'tools', 'installs', 'uses');
  const files = await readdir(folder);
  return Promise.all(
    files.sort().map(async (file) => {
      const source = await readFile(join(folder, file), 'utf8');
      const prints = /^\/\/ prints (.*)$/mu.exec(source)?.[1] ?? '';
      return { name: file.replace(/\.ts$/u, ''), source, prints };
    }),
  );
}
