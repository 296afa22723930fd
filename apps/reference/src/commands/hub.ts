/** `cl push` and `cl pull`: saved learners and backbones to and from a model hub. */
import { cp } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import type { WorkOptions } from '@cl/hub';
import { pull, push } from '@cl/model-hub';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { readFlags } from '../flags.ts';
import { watchInterrupts } from '../interrupt.ts';
import { usageError } from '../usage-error.ts';
import { plain } from '../view/format.ts';
import { showTask } from '../view/task.ts';

const shared: ArgsDef = {
  hub: {
    type: 'string',
    description: 'default $HF_ENDPOINT, else https://huggingface.co',
    valueHint: 'url',
  },
  json: { type: 'boolean', description: 'print nothing but the result, as JSON' },
  debug: { type: 'boolean', description: 'show where an error comes from' },
};

const pushArgs: ArgsDef = {
  folder: {
    type: 'positional',
    description: 'a saved learner, or a model that cl export wrote',
    required: false,
  },
  repository: { type: 'positional', description: 'org/name or org/name@branch', required: false },
  public: { type: 'boolean', description: 'a repository that is made is public, not private' },
  license: { type: 'string', description: 'for the card: mit, apache-2.0, …', valueHint: 'spdx' },
  use: { type: 'string', description: 'for the card: what it is meant for', valueHint: 'text' },
  message: { type: 'string', description: 'first line of the commit', valueHint: 'text' },
  ...shared,
};

/** The command. */
export const pushCommand: CommandDef = defineCommand({
  meta: { name: 'push', description: 'Push a learner or a backbone to a model hub ($HF_TOKEN).' },
  args: pushArgs,
  async run({ rawArgs }) {
    const flags = readFlags('cl push', rawArgs, pushArgs);
    const [folder, repository] = flags.positionals;
    if (folder === undefined || repository === undefined) {
      throw usageError(
        'cl push: expected a folder and a repository. Write cl push runs/mine/learners/rail-0 me/pets.',
      );
    }
    const pushed = await watched(flags.has('json'), (work) =>
      push(folder, repository, {
        ...work,
        hubUrl: flags.get('hub'),
        message: flags.get('message'),
        license: flags.get('license'),
        intendedUse: flags.get('use'),
        private: !flags.has('public'),
      }),
    );
    print(flags.has('json'), pushed, [
      `pushed ${pushed.kind} ${pushed.id}@${pushed.commit}`,
      pushed.url,
    ]);
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
  meta: { name: 'pull', description: 'Pull a learner or a backbone from a model hub, checked.' },
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
    const pulled = await watched(flags.has('json'), (work) =>
      pull(repository, {
        ...work,
        hubUrl: flags.get('hub'),
        cacheDir: flags.get('cache-dir'),
        offline: flags.has('offline'),
      }),
    );
    const folder = copy ?? pulled.folder;
    if (copy !== undefined) await cp(pulled.folder, copy, { recursive: true });
    const shown = copy === undefined ? folder : relative('', copy);
    const use = pulled.kind === 'backbone' ? [`use it: cl run --backbone ${shown}`] : [];
    const title = `pulled ${pulled.kind} ${pulled.id}@${pulled.commit}`;
    print(flags.has('json'), { ...pulled, folder }, [title, shown, ...use]);
  },
});

/** Does work with bytes and time left on the terminal; Ctrl-C stops it. */
async function watched<T>(silent: boolean, work: (options: WorkOptions) => Promise<T>): Promise<T> {
  const show = showTask(process.stderr, silent);
  const interrupts = watchInterrupts(
    () => undefined,
    () => {
      show.close();
    },
  );
  try {
    return await work({ signal: interrupts.signal, onProgress: show.progress });
  } finally {
    show.close();
    interrupts.stop();
  }
}

function print(json: boolean, result: object, lines: readonly string[]): void {
  const text = json ? JSON.stringify(result) : lines.map(plain).join('\n');
  process.stdout.write(`${text}\n`);
}
