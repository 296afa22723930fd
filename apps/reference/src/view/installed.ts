/** Plugins of others in `cl list`: what their packages announce. */
import { protocolVersion, type PluginKind } from '@cl/hub';
import type { AnnouncedPlugin, PluginPackage } from '../plugins/installed.ts';
import { left, plain } from './format.ts';
import type { Style } from './style.ts';

/** A plugin with the package that brings it. */
export interface InstalledPlugin extends AnnouncedPlugin {
  readonly package: string;
  readonly version: string;
  /** Why it cannot be used, if so. */
  readonly trouble?: string;
}

/** What packages announce, of one kind or of all. Nothing is imported. */
export function announced(
  packages: readonly PluginPackage[],
  kind: PluginKind | undefined,
): readonly InstalledPlugin[] {
  return packages.flatMap(({ name, version, protocol, plugins }) =>
    plugins
      .filter((plugin) => kind === undefined || plugin.kind === kind)
      .map(({ kind: own, name: called, description }) => ({
        kind: own,
        name: called,
        ...(description === undefined ? {} : { description }),
        package: name,
        version,
        ...(protocol === protocolVersion ? {} : { trouble: troubleWith(protocol) }),
      })),
  );
}

/** A line for each. */
export function installedLines(plugins: readonly InstalledPlugin[], style: Style): string[] {
  if (plugins.length === 0) return [];
  const width = Math.max(20, ...plugins.map(({ name }) => plain(name).length));
  const rows = plugins.map(({ kind, name, description = '', trouble, ...from }) => {
    const note = `${kind} of ${from.package} ${from.version}${trouble === undefined ? '' : `: ${trouble}`}`;
    return `  ${style.bold(left(plain(name), width))} ${plain(description)}${style.dim(`  ${plain(note)}`)}`;
  });
  return ['', style.dim('installed here'), ...rows];
}

function troubleWith(protocol: number | undefined): string {
  if (protocol === undefined) return 'says no protocol';
  const side = protocol < protocolVersion ? 'the plugin' : '@cl';
  return `speaks protocol ${protocol}, not ${protocolVersion}; update ${side}`;
}
