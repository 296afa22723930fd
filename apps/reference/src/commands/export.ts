/** `cl export`: the backbone that a saved learner has changed, as a model that others load. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { createFeatureSource, modelFilesOf } from '@cl/backbone';
import { ClError, createRandom, nearest, trainableOf, type Learner } from '@cl/hub';
import { loadLearner, readSavedLearner, type SavedLearner } from '@cl/hub/node';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { chooseBackbone, loadBackbone } from '../backbone-choice.ts';
import { loadClConfig } from '../config.ts';
import { assertFree, exportModel } from '../export-model.ts';
import { readFlags } from '../flags.ts';
import { registryFor } from '../plugins/registry-for.ts';
import { usageError } from '../usage-error.ts';
import { bytes, plain } from '../view/format.ts';

const args: ArgsDef = {
  learner: {
    type: 'positional',
    description: 'folder of a saved learner: runs/<run>/learners/<label>-<seed>',
    required: false,
  },
  out: { type: 'string', description: 'a new folder for the model', valueHint: 'folder' },
  backbone: {
    type: 'string',
    description: 'default: the one that the learner names',
    valueHint: 'name',
  },
  config: {
    type: 'string',
    description: 'default cl.config.ts, if there is one',
    valueHint: 'file',
  },
  'cache-dir': { type: 'string', description: 'models and features', valueHint: 'folder' },
  json: { type: 'boolean', description: 'print nothing but the result, as JSON' },
  debug: { type: 'boolean', description: 'show where an error comes from' },
};

/** The command. */
export const exportCommand: CommandDef = defineCommand({
  meta: {
    name: 'export',
    description:
      'Write the backbone as a learner has changed it: a model folder in Hugging Face layout.',
  },
  args,
  async run({ rawArgs }) {
    const flags = readFlags('cl export', rawArgs, args);
    const [folder] = flags.positionals;
    const out = flags.get('out');
    if (folder === undefined || out === undefined) {
      throw usageError(
        `cl export: no ${folder === undefined ? 'saved learner' : '--out folder'}. ` +
          'Write cl export runs/<run>/learners/<label>-<seed> --out <folder>.',
      );
    }
    await assertFree(out);
    const config = await loadClConfig(flags.get('config'));
    const registry = await registryFor(flags, config);
    assertLearner(folder);
    const saved = await readSavedLearner(folder);
    const plugin = registry.get('learner', saved.plugin.name);
    const name = flags.get('backbone') ?? saved.backbone.id;
    const cacheDir = flags.get('cache-dir') ?? config.cacheDir;
    const choice = chooseBackbone(name, registry);
    const backbone = await loadBackbone(
      { ...choice, options: { ...choice.options, ...(cacheDir !== undefined && { cacheDir }) } },
      {},
    );
    const features = createFeatureSource(backbone, cacheDir === undefined ? {} : { cacheDir });
    let learner: Learner | undefined;
    try {
      learner = await loadLearner(folder, plugin, {
        features,
        backbone: trainableOf(backbone),
        random: createRandom(0),
      });
      const files = modelFilesOf(backbone);
      if (learner.exportBackbone === undefined || files === undefined) {
        throw refusal(saved, files === undefined);
      }
      const model = await learner.exportBackbone();
      const card = {
        backbone: name,
        fingerprint: backbone.fingerprint,
        plugin: plugin.name,
        tasks: saved.tasks,
        classes: saved.state.classes,
        exemplarFree: plugin.capabilities(saved.options).exemplarFree,
      };
      const written = await exportModel(out, files, model, card);
      const paths = written.map((file) => join(out, file));
      const result = { folder: out, files: paths, bytes: model.byteLength };
      process.stdout.write(
        flags.has('json')
          ? `${JSON.stringify(result)}\n`
          : `${paths.map((path) => plain(relative('', path))).join('\n')}\n` +
              `${bytes(model.byteLength)} of weights after ${saved.tasks.length} tasks. ` +
              `Use it: cl run --backbone ${plain(relative('', out))}\n`,
      );
    } finally {
      await learner?.dispose();
      await features.dispose();
      await backbone.dispose();
    }
  },
});

function assertLearner(folder: string): void {
  if (existsSync(join(folder, 'MANIFEST.json'))) return;
  const around = existsSync(dirname(folder)) ? readdirSync(dirname(folder)) : [];
  throw new ClError(
    'NOT_FOUND',
    `cl export: ${folder} holds no saved learner (MANIFEST.json)${nearest(basename(folder), around)} ` +
      'Runs keep theirs in runs/<run>/learners/<label>-<seed>.',
  );
}

function refusal({ plugin }: SavedLearner, foreign: boolean): ClError {
  return new ClError(
    'NOT_SUPPORTED',
    foreign
      ? 'cl export: the backbone is of a plugin whose files are not known here. Use a CLIP or a ViT of the toolkit.'
      : `cl export: learner "${plugin.name}" does not change the backbone, so there is nothing to export. ` +
          'Learners that fine-tune it can be, such as sotu.',
  );
}
