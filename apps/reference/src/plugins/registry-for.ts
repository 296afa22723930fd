/** The plugins of a command: those of the toolkit, of the configuration, and whatever else its arguments name. */
import type { Registry } from '@cl/hub';
import type { ClConfig } from '../config.ts';
import type { Flags } from '../flags.ts';
import { registry as ownPlugins } from '../registry.ts';
import { nameIn, withPlugins, withWanted, type WantedPlugin } from './resolve.ts';

/** Kinds that have a flag, of the same name. */
const named = ['stream', 'dataset', 'backbone', 'learner', 'metric', 'reporter'] as const;

/**
 * The registry for these flags and this configuration, both of which may name packages and files.
 *
 * @throws ClError what `withPlugins` and `withWanted` throw.
 */
export async function registryFor(flags: Flags, config: ClConfig): Promise<Registry> {
  const from = process.cwd();
  const known = await withPlugins(ownPlugins, config.plugins ?? [], from);
  return withWanted(known, wantedBy(flags, config), from);
}

function wantedBy(flags: Flags, config: ClConfig): readonly WantedPlugin[] {
  const {
    stream,
    streams = [stream],
    datasets = [],
    backbone,
    learners = [],
    metrics = [],
    reporters = [],
  } = config;
  const configured = {
    stream: streams,
    dataset: datasets,
    backbone: [backbone],
    learner: learners,
    metric: metrics,
    reporter: reporters,
  };
  return named.flatMap((kind) => {
    const given = flags.all(kind);
    const texts = given.length > 0 ? given : configured[kind];
    return texts
      .filter((text) => typeof text === 'string')
      .map((text): WantedPlugin => ({ kind, name: nameIn(text) }));
  });
}
