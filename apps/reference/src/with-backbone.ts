/** What surrounds a run or a comparison: the loaded backbone, its features, Ctrl-C, and freeing all of it. */
import { createFeatureSource, type CachedFeatureSource } from '@cl/backbone';
import { trainableOf, type Backbone, type FeatureSource, type ImageRef } from '@cl/hub';
import { compiledModule } from '@cl/hub/node';
import { cachedThumbnails } from '@cl/images';
import type { RunConfig, RunEvent, RunOptions } from '@cl/runner';
import { loadBackbone, type BackboneChoice } from './backbone-choice.ts';
import type { ElsewhereData } from './elsewhere.ts';
import { watchInterrupts } from './interrupt.ts';
import { factsOf } from './lazy-backbone.ts';
import type { GivenCommand } from './read-command.ts';
import { packageVersions } from './versions.ts';
import type { View } from './view/view.ts';

/** What a run needs of its surroundings. */
export type Surroundings = Pick<
  RunConfig,
  'command' | 'backbone' | 'trainable' | 'features' | 'thumbnail' | 'packages' | 'elsewhere'
>;

/**
 * Loads a backbone, does work with it, and frees everything again, whatever happens. The command is for the record, and
 * for the threads that read it again; the view is closed at the end.
 */
export async function withBackbone<T>(
  backboneChoice: BackboneChoice,
  cacheDir: string | undefined,
  command: GivenCommand,
  view: View,
  work: (surroundings: Surroundings, options: RunOptions) => Promise<T>,
): Promise<T> {
  const interrupts = watchInterrupts(
    () => {
      view.note('Stopping at the next safe point. (Ctrl-C again stops at once.)');
    },
    () => {
      view.close();
    },
  );
  const { signal } = interrupts;
  const onEvent = (event: RunEvent): void => {
    view.event(event);
  };
  const toFree: { dispose(): Promise<void> }[] = [];
  try {
    const loading = loadBackbone(backboneChoice, {
      signal,
      onProgress: (progress) => {
        onEvent({ type: 'progress', progress });
      },
    });
    // RAIL, and with it what nearly every learner calculates with: loaded while the backbone is. Who needs it tells why it is not.
    void import('@cl/rail').catch(() => undefined);
    const backbone = await loading;
    toFree.unshift(backbone);
    const features = featuresOf(backbone, cacheDir);
    toFree.unshift(features);
    const data: ElsewhereData = { command, backbone: factsOf(backbone) };
    return await work(
      {
        ...backboneParts(backboneChoice, backbone, features),
        thumbnail: thumbnailsOf(cacheDir),
        command: ['cl', command.name, ...command.rawArgs].map(quoted).join(' '),
        packages: packageVersions(),
        elsewhere: { module: compiledModule('elsewhere', import.meta.url).href, data },
      },
      { signal, onEvent },
    );
  } finally {
    view.close();
    for (const each of toFree) await each.dispose();
    interrupts.stop();
  }
}

/** The features of a backbone, from the cache where they are known. */
export function featuresOf(backbone: Backbone, cacheDir: string | undefined): CachedFeatureSource {
  return createFeatureSource(backbone, cacheDir === undefined ? {} : { cacheDir });
}

/** The small pictures of a report, from the cache where they are known. */
export function thumbnailsOf(cacheDir: string | undefined): (image: ImageRef) => Promise<string> {
  return cachedThumbnails(48, { cacheDir });
}

/** What a run needs of its backbone, which it calls as the user does. */
export function backboneParts(
  { name }: BackboneChoice,
  backbone: Backbone,
  features: FeatureSource,
): Pick<RunConfig, 'backbone' | 'trainable' | 'features'> {
  const { fingerprint, capabilities, device, dtype } = backbone;
  return {
    backbone: { id: name, fingerprint, capabilities, device, dtype },
    trainable: trainableOf(backbone),
    features,
  };
}

/** An argument as a shell would need it. */
function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/u.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`;
}
