/** `cl report`: renders the report of a finished run again. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { htmlReport } from '@cl/report';
import { report } from '@cl/runner';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { readFlags } from '../flags.ts';
import { registryFor } from '../plugins/registry-for.ts';
import { readSpec } from '../spec.ts';
import { usageError } from '../usage-error.ts';

const args: ArgsDef = {
  run: { type: 'positional', description: 'a run’s name or folder', required: false },
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
  meta: { name: 'report', description: 'Render the report of a finished run again.' },
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
    const reporters = flags.all('reporter').map((text) => readSpec('reporter', text, registry));
    for (const file of await report(folder, [{ plugin: htmlReport }, ...reporters])) {
      process.stdout.write(`${relative('', file)}\n`);
    }
  },
});
