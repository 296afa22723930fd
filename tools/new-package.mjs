// @ts-check
// Scaffolds a package: npm run new -- my-learner --layer learner --description "One sentence."
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { layers } from './layers.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { layer: { type: 'string' }, description: { type: 'string' } },
});
const [name] = positionals;
const layer = values.layer ?? '';
if (!name || !/^[a-z][a-z0-9-]*$/.test(name) || !layers.includes(layer) || !values.description) {
  console.error(
    'usage: npm run new -- <kebab-case-name> --layer <layer> --description "One sentence."\n' +
      `layers: ${layers.join(', ')}`,
  );
  process.exit(2);
}
const folder = join(root, 'packages', name);
if (existsSync(folder)) {
  console.error(`packages/${name} exists already. Choose another name.`);
  process.exit(2);
}

/** @param {string} path @param {string | object} content */
const write = (path, content) => {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    typeof content === 'string' ? content : JSON.stringify(content, null, 2) + '\n',
  );
};

const isLearner = layer === 'learner';
write('package.json', {
  name: `@cl/${name}`,
  version: '0.0.0',
  description: values.description,
  license: 'MIT',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20.19' },
  publishConfig: { access: 'public', provenance: true },
  keywords: ['continual-learning', ...(isLearner ? ['cl-plugin', 'cl-learner'] : [])],
  files: ['dist', 'src', '!**/*.tsbuildinfo'],
  exports: {
    '.': { '@cl/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  scripts: {
    build: 'tsc -b',
    typecheck: 'tsc -p tsconfig.test.json',
    lint: 'eslint src test',
    publint: 'publint --strict',
    test: 'vitest run --config ../../vitest.config.ts --root .',
  },
  dependencies: { '@cl/hub': '0.0.0' },
  ...(isLearner ? { devDependencies: { '@cl/testing': '0.0.0' } } : {}),
  nx: { tags: [`layer:${layer}`] },
});
write('tsconfig.json', {
  extends: '../../tsconfig.base.json',
  compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
  include: ['src'],
  references: [{ path: '../hub' }],
});
write('tsconfig.test.json', {
  extends: '../../tsconfig.base.json',
  compilerOptions: { noEmit: true, composite: false, isolatedDeclarations: false },
  include: ['src', 'test', 'bench'],
});
write('typedoc.json', { entryPoints: ['src/index.ts'] });
write(
  'README.md',
  `# @cl/${name}\n\n${values.description}\n\n\`\`\`sh\nnpm install @cl/${name}\n\`\`\`\n`,
);
write(
  'src/index.ts',
  `/**\n * ${values.description}\n *\n * @packageDocumentation\n */\nexport {};\n`,
);
write(
  `test/${name}.test.ts`,
  isLearner
    ? `import { describeLearner } from '@cl/testing/vitest';\n\n// Name the plugin and the smallest options under which it still learns:\n// describeLearner(myLearner, { hiddenDim: 32 });\nvoid describeLearner;\n`
    : `import { expect, test } from 'vitest';\n\ntest('@cl/${name} says what it does', () => {\n  expect.fail('write the first test of @cl/${name}');\n});\n`,
);

const solution = join(root, 'tsconfig.json');
const packages = readdirSync(join(root, 'packages')).filter((p) =>
  existsSync(join(root, 'packages', p, 'tsconfig.json')),
);
const apps = readdirSync(join(root, 'apps')).filter((p) =>
  existsSync(join(root, 'apps', p, 'tsconfig.json')),
);
const references = [...packages.map((p) => `packages/${p}`), ...apps.map((p) => `apps/${p}`)];
const current = existsSync(solution) ? JSON.parse(readFileSync(solution, 'utf8')) : { files: [] };
writeFileSync(
  solution,
  JSON.stringify({ ...current, references: references.map((path) => ({ path })) }, null, 2) + '\n',
);
console.log(
  `packages/${name} is there. Next: npm install, write src/index.ts, npm run check. Before it is published: five lines that use ` +
    `it in tools/installs/uses/${name}.ts, its size in tools/installs/sizes.mjs, npm run changeset.`,
);
