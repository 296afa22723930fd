/** What surrounds a run or a comparison: the loaded backbone, its features, Ctrl-C, and freeing all of it. */
import { createFeatureSource } from '@cl/backbone';
import { trainableOf } from '@cl/hub';
import type { RunConfig, RunEvent, RunOptions } from '@cl/runner';
import { loadBackbone, type BackboneChoice } from './backbone-choice.ts';
import { watchInterrupts } from './interrupt.ts';
import { packageVersions } from './versions.ts';
import type { View } from './view/view.ts';

/** What a run needs of its surroundings. */
export type Surroundings = Pick<
  RunConfig,
  'command' | 'backbone' | 'trainable' | 'features' | 'packages'
>;

/**
 * Loads a backbone, does work with it, and frees everything again, whatever happens. The command, with all its
 * arguments, is for the record; the view is closed at the end.
 */
export async function withBackbone<T>(
  backboneChoice: BackboneChoice,
  cacheDir: string | undefined,
  command: readonly string[],
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
    const backbone = await loadBackbone(backboneChoice, {
      signal,
      onProgress: (progress) => {
        onEvent({ type: 'progress', progress });
      },
    });
    toFree.unshift(backbone);
    const features = createFeatureSource(backbone, cacheDir === undefined ? {} : { cacheDir });
    toFree.unshift(features);
    const { fingerprint, capabilities, device, dtype } = backbone;
    return await work(
      {
        command: command.map(quoted).join(' '),
        backbone: { id: backboneChoice.name, fingerprint, capabilities, device, dtype },
        trainable: trainableOf(backbone),
        features,
        packages: packageVersions(),
      },
      { signal, onEvent },
    );
  } finally {
    view.close();
    for (const each of toFree) await each.dispose();
    interrupts.stop();
  }
}

/** An argument as a shell would need it. */
function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/u.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`;
}
