/** `cl push` and `cl pull`: saved learners to and from a model hub. */
import { cp } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { pullLearner, pushLearner } from '@cl/model-hub';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { readFlags } from '../flags.ts';
import { usageError } from '../usage-error.ts';
import { plain } from '../view/format.ts';

const shared: ArgsDef = {
  hub: {
    type: 'string',
    description: 'default $HF_ENDPOINT, else https://huggingface.co',
    valueHint: 'url',
  },
  json: { type: 'boolean', description: 'as JSON' },
  debug: { type: 'boolean', description: 'show where an error comes from' },
};

const pushArgs: ArgsDef = {
  folder: { type: 'positional', description: 'a saved learner', required: false },
  repository: { type: 'positional', description: 'org/name or org/name@branch', required: false },
  public: { type: 'boolean', description: 'a repository that is made is public, not private' },
  message: { type: 'string', description: 'first line of the commit', valueHint: 'text' },
  ...shared,
};

/** The command. */
export const pushCommand: CommandDef = defineCommand({
  meta: { name: 'push', description: 'Push a saved learner to a model hub ($HF_TOKEN).' },
  args: pushArgs,
  async run({ rawArgs }) {
    const flags = readFlags('cl push', rawArgs, pushArgs);
    const [folder, repository] = flags.positionals;
    if (folder === undefined || repository === undefined) {
      throw usageError(
        'cl push: expected a folder and a repository. Write cl push runs/mine/learners/rail-0 me/pets.',
      );
    }
    const pushed = await pushLearner(folder, repository, {
      hubUrl: flags.get('hub'),
      message: flags.get('message'),
      private: !flags.has('public'),
    });
    const text = `pushed ${pushed.id}@${pushed.commit}\n${pushed.url}`;
    process.stdout.write(`${flags.has('json') ? JSON.stringify(pushed) : plainLines(text)}\n`);
  },
});

const pullArgs: ArgsDef = {
  repository: { type: 'positional', description: 'org/name or org/name@revision', required: false },
  folder: { type: 'positional', description: 'a copy of it; default: the cache', required: false },
  'cache-dir': { type: 'string', description: 'default ~/.cache/cl', valueHint: 'folder' },
  offline: { type: 'boolean', description: 'take what the cache has' },
  ...shared,
};

/** The command. */
export const pullCommand: CommandDef = defineCommand({
  meta: { name: 'pull', description: 'Pull a saved learner from a model hub, checked.' },
  args: pullArgs,
  async run({ rawArgs }) {
    const flags = readFlags('cl pull', rawArgs, pullArgs);
    const [repository, copy] = flags.positionals;
    if (repository === undefined) {
      throw usageError('cl pull: no repository, expected org/name. Write cl pull me/pets.');
    }
    if (copy !== undefined && existsSync(copy)) {
      throw usageError(`cl pull: ${copy} exists already, expected a new folder. Choose another.`);
    }
    const pulled = await pullLearner(repository, {
      hubUrl: flags.get('hub'),
      cacheDir: flags.get('cache-dir'),
      offline: flags.has('offline'),
    });
    const folder = copy ?? pulled.folder;
    if (copy !== undefined) await cp(pulled.folder, copy, { recursive: true });
    const text = `pulled ${pulled.id}@${pulled.commit}\n${folder}`;
    const result = JSON.stringify({ ...pulled, folder });
    process.stdout.write(`${flags.has('json') ? result : plainLines(text)}\n`);
  },
});

function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}
