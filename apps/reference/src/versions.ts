/** Versions of the packages that decide results. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const names = [
  '@cl/hub',
  '@cl/backbone',
  '@cl/baselines',
  '@cl/datasets',
  '@cl/metrics',
  '@cl/rail',
  '@cl/runner',
  '@cl/sotu',
  '@cl/tiny-clip',
  '@cl/vq-prompt',
  'onnxruntime-node',
] as const;

/** By package name. */
export function packageVersions(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  return Object.fromEntries(
    names.map((name) => [name, versionIn(require.resolve(`${name}/package.json`))]),
  );
}

/** The version of `cl` itself. */
export function ownVersion(): string {
  return versionIn(new URL('../package.json', import.meta.url));
}

function versionIn(manifest: string | URL): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
