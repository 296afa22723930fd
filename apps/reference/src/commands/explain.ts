/** `cl explain`: what an error code means, when it comes and what helps. */
import { errorCatalogue, errorGuide, nearest, type ClErrorCode } from '@cl/hub';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { readFlags } from '../flags.ts';
import { usageError } from '../usage-error.ts';
import { createStyle, isColoured } from '../view/style.ts';

const args: ArgsDef = {
  code: { type: 'positional', description: 'as errors show it; none: all', required: false },
  json: { type: 'boolean', description: 'as JSON' },
  debug: { type: 'boolean', description: 'show where an error comes from' },
};

/** The command. */
export const explainCommand: CommandDef = defineCommand({
  meta: { name: 'explain', description: 'What an error code means, when it comes, what helps.' },
  args,
  async run({ rawArgs }) {
    const flags = readFlags('cl explain', rawArgs, args);
    const codes = Object.keys(errorCatalogue) as ClErrorCode[];
    const asked = flags.positionals[0]?.toUpperCase();
    const code = codes.find((one) => one === asked);
    if (asked !== undefined && code === undefined) {
      throw usageError(
        `cl explain: no code "${asked}"${nearest(asked, codes)} cl explain lists all.`,
      );
    }
    const { bold, dim } = createStyle(isColoured(process.stdout));
    const told = (code === undefined ? codes : [code]).map((one) => {
      return { code: one, meaning: errorCatalogue[one], ...errorGuide[one] };
    });
    const lines = told.flatMap((one) => [
      `${bold(one.code)}  ${one.meaning}`,
      ...(code === undefined ? [] : [`${dim('when')}  ${one.when}`]),
      ...(code === undefined ? [] : one.help.map((sentence) => `${dim('help')}  ${sentence}`)),
    ]);
    process.stdout.write(`${flags.has('json') ? JSON.stringify(told) : lines.join('\n')}\n`);
  },
});
