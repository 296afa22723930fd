/** The package.json of a plugin. */
import { readFile } from 'node:fs/promises';
import { protocolVersion } from '@cl/hub';
import type { TemplateKind } from './create-plugin.ts';

/** What it is filled with. */
interface Names {
  readonly packageName: string;
  readonly name: string;
  readonly kind: TemplateKind;
  readonly description: string;
}

/** The package.json, in the order in which people read it. */
export async function manifestOf(names: Names): Promise<object> {
  const { packageName, name, kind, description } = names;
  const versions = await ownVersions();
  return {
    name: packageName,
    version: '0.1.0',
    description,
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    keywords: ['cl-plugin', `cl-${kind}`, 'continual-learning'],
    files: ['dist', 'src'],
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    // read by `cl list`, which imports nothing
    cl: { protocol: protocolVersion, plugins: [{ kind, name, description }] },
    scripts: {
      build: 'tsc',
      typecheck: 'tsc -p tsconfig.test.json',
      test: 'vitest run',
      docs: 'typedoc',
      prepack: 'npm run build',
    },
    // a peer: the plugin and its user share one copy
    peerDependencies: { '@cl/hub': `^${versions['@cl/hub']}` },
    dependencies: { zod: '^4.0.0' },
    devDependencies: {
      '@cl/hub': `^${versions['@cl/hub']}`,
      '@cl/testing': `^${versions['@cl/testing']}`,
      '@types/node': '^20.19.0',
      typedoc: '^0.28.0',
      typescript: '~6.0.3',
      vitest: '^4.1.0',
    },
  };
}

/** The versions of the toolkit that this package was released with. */
async function ownVersions(): Promise<Readonly<Record<'@cl/hub' | '@cl/testing', string>>> {
  const file = new URL('../package.json', import.meta.url);
  const { dependencies } = JSON.parse(await readFile(file, 'utf8')) as {
    dependencies: Record<'@cl/hub' | '@cl/testing', string>;
  };
  return dependencies;
}
