/** A run or a comparison in another thread: the same arguments, read again. */
import '@cl/rail'; // brings what nearly every learner calculates with: there is time for it before the first trial
import type { Configure } from '@cl/runner';
import { loadBackbone } from './backbone-choice.ts';
import { lazyBackbone, type BackboneFacts } from './lazy-backbone.ts';
import { readCompare, readRun, type GivenCommand } from './read-command.ts';
import { backboneParts, featuresOf, thumbnailsOf } from './with-backbone.ts';

/** What is handed to the thread. */
export interface ElsewhereData {
  readonly command: GivenCommand;
  /** Of the backbone that is loaded already: its features are in the cache. */
  readonly backbone: BackboneFacts;
}

/** The configuration of a command; its backbone is loaded by those who train through it only. */
export const configure: Configure<ElsewhereData> = async ({ command, backbone: facts }) => {
  const read = command.name === 'run' ? readRun : readCompare;
  const { backboneChoice, cacheDir, ...request } = (await read(command.rawArgs)).request;
  const backbone = lazyBackbone(facts, () => loadBackbone(backboneChoice, {}));
  const features = featuresOf(backbone, cacheDir);
  return {
    config: {
      ...request,
      ...backboneParts(backboneChoice, backbone, features),
      thumbnail: thumbnailsOf(cacheDir),
    },
    dispose: async () => {
      await features.dispose();
      await backbone.dispose();
    },
  };
};
