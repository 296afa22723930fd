// Templates as strangers get them: filled in, type-checked, tested. Their installation from tarballs is in tools/installs.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { protocolVersion, type ClError } from '@cl/hub';
import { createPlugin, templateKinds, type CreatePluginOptions } from 'create-cl-plugin';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const own = fileURLToPath(new URL('..', import.meta.url));
const tool = (...path: string[]): string => join(own, '..', '..', 'node_modules', ...path);
const bin = join(own, 'dist', 'bin.js');

/** Inside the package, so that `@cl/…`, zod and vitest are found, where git, Prettier and npm pack do not look. */
let folder: string;

beforeAll(async () => {
  await mkdir(join(own, 'coverage'), { recursive: true });
  folder = await mkdtemp(join(own, 'coverage', 'created-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a repository of each kind', () => {
  beforeAll(async () => {
    for (const kind of templateKinds) {
      await createPlugin({ name: `try-${kind}`, kind, folder: join(folder, kind) });
    }
  });

  test('has source, tests, README, licence, CI and typedoc, and nothing left to fill in', async () => {
    for (const kind of templateKinds) {
      const name = `try-${kind}-again`;
      const made = await createPlugin({ name, kind, folder: join(folder, name), scope: '@me' });
      expect(made.package).toBe(`@me/cl-${kind}-${name}`);
      expect(made.files).toEqual([
        '.github/workflows/ci.yml',
        '.gitignore',
        'LICENSE',
        'README.md',
        'package.json',
        'src/index.ts',
        `src/${name}.ts`,
        `test/${name}.test.ts`,
        'tsconfig.json',
        'tsconfig.test.json',
        'typedoc.json',
      ]);
      for (const file of made.files) {
        const text = await readFile(join(made.folder, file), 'utf8');
        expect(text).not.toMatch(/my-plugin|myPlugin|MyPlugin|__|\*\*[A-Z]+\*\*/u);
      }
      const readme = await readFile(join(made.folder, 'README.md'), 'utf8');
      expect(readme).toMatch(new RegExp(`^# ${made.package}\n\n.+\n\nA ${kind} for `, 'u'));
    }
  });

  test('announces its plugin and the protocol in package.json, with the hub as a peer', async () => {
    const manifest = JSON.parse(await readFile(join(folder, 'learner', 'package.json'), 'utf8'));
    const plugin = {
      kind: 'learner',
      name: 'try-learner',
      description: 'A learner called try-learner.',
    };
    expect(manifest.cl).toEqual({ protocol: protocolVersion, plugins: [plugin] });
    expect(manifest.peerDependencies).toEqual({ '@cl/hub': manifest.devDependencies['@cl/hub'] });
    expect(manifest.dependencies).not.toHaveProperty('@cl/hub');
  });

  test(
    'type-checks under the strict settings that it comes with',
    { timeout: 240_000 },
    async () => {
      const config = {
        extends: './learner/tsconfig.test.json',
        compilerOptions: { rootDir: '.', noEmit: true, types: ['node'] },
        include: templateKinds.flatMap((kind) => [`${kind}/src`, `${kind}/test`]),
      };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
      const tsc = run(process.execPath, [tool('typescript', 'bin', 'tsc'), '-p', folder]);
      expect((await tsc.catch((error: { stdout: string }) => error)).stdout).toBe('');
    },
  );

  test('passes its tests at once', { timeout: 240_000 }, async () => {
    const args = [tool('vitest', 'vitest.mjs'), 'run', '--root', folder, '--reporter', 'json'];
    await writeFile(join(folder, 'vitest.config.mjs'), 'export default {};'); // not this repository's
    const env = { ...process.env, NO_COLOR: '1' };
    const { stdout } = await run(process.execPath, args, { env, maxBuffer: 2 ** 26 }).catch(
      (error: { stdout: string }) => error,
    );
    const report = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Record<string, number> & {
      testResults: { assertionResults: { status: string; fullName: string }[] }[];
    };
    const failed = report.testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status !== 'passed');
    expect(failed.map(({ fullName }) => fullName)).toEqual([]);
    expect(report['numPassedTests']).toBeGreaterThan(90);
  });
});

describe('what cannot be made is refused, and nothing is written:', () => {
  const refused = (options: Partial<CreatePluginOptions>): Promise<ClError> =>
    createPlugin({ name: 'x', kind: 'learner', folder: join(folder, 'no'), ...options }).then(
      () => Promise.reject(new Error('nothing was thrown')),
      (error: ClError) => error,
    );

  test.each([
    [{ name: 'My Method' }, 'name is "My Method", expected kebab-case. Write my-method'],
    [{ name: 'cl-mine' }, 'name is "cl-mine", expected it without "cl-"'],
    [{ kind: 'lerner' as 'learner' }, 'kind is "lerner", expected one of learner, backbone'],
    [{ scope: 'me' }, 'scope is "me", expected one such as @me'],
    [{ description: "it's */ code" }, 'the description is not one plain sentence'],
  ])('%o', async (options, said) => {
    const error = await refused(options);
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain(said);
  });

  test('a folder with files in it', async () => {
    const full = join(folder, 'full');
    await mkdir(full);
    await writeFile(join(full, 'thesis.tex'), '');
    const error = await refused({ folder: full });
    expect(error.code).toBe('INVALID_DATA');
    expect(error.message).toBe(
      'create-cl-plugin: folder full holds "thesis.tex", expected an empty one. Choose another with --folder.',
    );
  });
});

test('names that JavaScript keeps for itself still compile', async () => {
  const { folder: made } = await createPlugin({
    name: 'map',
    kind: 'metric',
    folder: join(folder, 'map'),
  });
  expect(await readFile(join(made, 'src', 'map.ts'), 'utf8')).toContain('export const mapPlugin:');
  const other = await createPlugin({ name: 'new', kind: 'metric', folder: join(folder, 'new') });
  expect(await readFile(join(other.folder, 'src', 'new.ts'), 'utf8')).toContain(
    'export const newPlugin:',
  );
});

describe('the command', () => {
  test('makes a repository and says what to do next', async () => {
    const { stdout } = await run(process.execPath, [bin, 'by-hand', '--kind', 'stream'], {
      cwd: folder,
    });
    expect(stdout).toContain('cl-stream-by-hand: 11 files in cl-stream-by-hand');
    expect(stdout).toContain('  npm install\n  npm test\n');
  });

  test.each([
    [[], 'error: found 0 names, expected one name.'],
    [['a', '--king', 'learner'], 'error: found a flag "--king", expected one name.'],
    [['A'], 'error: create-cl-plugin: name is "A"'],
  ])('refuses %j with exit code 2', async (args, said) => {
    const failed = await run(process.execPath, [bin, ...args], { cwd: folder }).catch(
      (error: { code: number; stderr: string }) => error,
    );
    expect(failed).toMatchObject({ code: 2 });
    expect(failed.stderr).toContain(said);
  });
});
