/** `cl report`: renders the report of a finished run or comparison again. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { htmlReport } from '@cl/report';
import { readComparison, report, runFolder } from '@cl/runner';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { readFlags } from '../flags.ts';
import { registryFor } from '../plugins/registry-for.ts';
import { readSpec } from '../spec.ts';
import { usageError } from '../usage-error.ts';
import { writeComparison } from './compare.ts';

const args: ArgsDef = {
  run: {
    type: 'positional',
    description: 'name or folder of a run or a comparison',
    required: false,
  },
  out: { type: 'string', description: 'folder of the runs; default runs', valueHint: 'folder' },
  reporter: {
    type: 'string',
    description: 'beside the report page; repeatable',
    valueHint: 'plugin',
  },
  debug: { type: 'boolean', description: 'show where an error comes from' },
};

/** The command. */
export const reportCommand: CommandDef = defineCommand({
  meta: { name: 'report', description: 'Render the report of a finished run or comparison again.' },
  args,
  async run({ rawArgs }) {
    const flags = readFlags('cl report', rawArgs, args);
    const name = flags.positionals[0];
    if (name === undefined) {
      throw usageError('cl report: no run, expected its name or folder. Write cl report embedded.');
    }
    const named = join(flags.get('out') ?? 'runs', name);
    const folder = existsSync(named) || !existsSync(name) ? named : name;
    const registry = await registryFor(flags, {});
    const own = flags.all('reporter').map((text) => readSpec('reporter', text, registry));
    const reporters = [{ plugin: htmlReport }, ...own];
    const comparison = await readComparison(folder);
    const runs = comparison?.streams.map((stream) => runFolder(folder, stream)) ?? [folder];
    const files = comparison === undefined ? [] : [...(await writeComparison(folder, comparison))];
    for (const run of runs) files.push(...(await report(run, reporters)));
    for (const file of files) process.stdout.write(`${relative('', file)}\n`);
  },
});
