/** The command line: finds the command, runs it, turns errors into a line and an exit code. */
import { stripVTControlCharacters } from 'node:util';
import { nearest } from '@cl/hub';
import { endThreads } from '@cl/runner/threads';
import { defineCommand, renderUsage, runCommand, type CommandDef } from 'citty';
import { startEarly } from './early-threads.ts';
import { describe, exitCodeOf } from './errors.ts';
import { usageError } from './usage-error.ts';
import { isColoured } from './view/style.ts';
import { ownVersion } from './versions.ts';

/** Commands are loaded when they are called: `cl --version` starts no engine. */
const commands: Readonly<Record<string, () => Promise<CommandDef>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand,
  compare: async () => (await import('./commands/compare.ts')).compareCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  list: async () => (await import('./commands/list.ts')).listCommand,
  datasets: async () => (await import('./commands/datasets.ts')).datasetsCommand,
  report: async () => (await import('./commands/report.ts')).reportCommand,
  push: async () => (await import('./commands/hub.ts')).pushCommand,
  pull: async () => (await import('./commands/hub.ts')).pullCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
};

const root: CommandDef = defineCommand({
  meta: {
    name: 'cl',
    description: 'Continual learning for pretrained vision and vision-language models.',
  },
  subCommands: { ...commands },
});

/**
 * Runs `cl` with these arguments.
 *
 * @returns the exit code: 0 done, 1 failed, 2 asked for what does not exist, 130 interrupted.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await dispatch(argv);
    return 0;
  } catch (error) {
    process.stderr.write(`${describe(error, argv.includes('--debug'))}\n`);
    return exitCodeOf(error);
  } finally {
    await endThreads();
  }
}

async function dispatch(argv: readonly string[]): Promise<void> {
  const [name, ...rest] = argv;
  const asksHelp = (args: readonly string[]): boolean =>
    args.some((arg) => arg === '--help' || arg === '-h');
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${ownVersion()}\n`);
    return;
  }
  if (name === undefined || name === 'help' || asksHelp([name])) {
    await showHelp(root);
    return;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    const names = Object.keys(commands);
    throw usageError(
      `cl: no command "${name}"${nearest(name, names)} Commands: ${names.join(', ')}.`,
    );
  }
  if ((name === 'run' || name === 'compare') && !asksHelp(rest)) startEarly(name, rest);
  const command = await load();
  if (asksHelp(rest)) await showHelp(command, root);
  else await runCommand(command, { rawArgs: [...rest] });
}

/** citty colours its help whether or not anybody can see it. */
async function showHelp(command: CommandDef, parent?: CommandDef): Promise<void> {
  const help = await renderUsage(command, parent);
  const shown = isColoured(process.stdout) ? help : stripVTControlCharacters(help);
  process.stdout.write(`${shown.trim()}\n`);
}
