#!/usr/bin/env node
/** `npm create cl-plugin my-method -- --kind learner`. */
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { isClError } from '@cl/hub';
import { createPlugin, templateKinds, type TemplateKind } from './create-plugin.ts';

const usage = `usage: npm create cl-plugin <name> -- [flags]

  <name>                 kebab-case, such as my-method; the package is called cl-<kind>-<name>
  --kind <kind>          ${templateKinds.join(', ')}; default learner
  --description <text>   one sentence
  --scope <@scope>       of the package
  --folder <folder>      default: called as the package
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    kind: { type: 'string', default: 'learner' },
    description: { type: 'string' },
    scope: { type: 'string' },
    folder: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
const known = ['kind', 'description', 'scope', 'folder', 'help'];
const unknown = Object.keys(values).find((flag) => !known.includes(flag));
const [name, ...more] = positionals;

if (values.help === true) process.stdout.write(usage);
else if (name === undefined || more.length > 0 || unknown !== undefined) {
  const found = unknown === undefined ? `${positionals.length} names` : `a flag "--${unknown}"`;
  process.stderr.write(`error: found ${found}, expected one name.\n\n${usage}`);
  process.exitCode = 2;
} else {
  try {
    const text = (flag: string): string | undefined => values[flag] as string | undefined;
    const made = await createPlugin({
      name,
      kind: text('kind') as TemplateKind,
      description: text('description'),
      scope: text('scope'),
      folder: text('folder'),
    });
    process.stdout.write(
      `${made.package}: ${made.files.length} files in ${relative('', made.folder)}\n\n` +
        `  cd ${relative('', made.folder)}\n  npm install\n  npm test\n\n` +
        `Then write your method in src/${name}.ts; README.md says the rest.\n`,
    );
  } catch (error) {
    if (!isClError(error)) throw error;
    process.stderr.write(`error: ${error.message} (${error.code})\n`);
    process.exitCode = 2;
  }
}
