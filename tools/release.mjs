// @ts-check
// What a release publishes: npm run release -- --dry-run builds, packs, checks and lists; without the flag it publishes what
// the registry does not have yet, from continuous integration alone, so that npm can sign where it came from.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sizes } from './installs/sizes.mjs';
import { packAll, root } from './installs/pack.mjs';

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } });
const inherit = { cwd: root, stdio: /** @type {const} */ ('inherit') };

if (!values['dry-run'] && process.env['CI'] !== 'true') {
  console.error(
    'release: not in continuous integration, expected CI=true. Write npm run release -- --dry-run here.',
  );
  process.exit(2);
}

execFileSync('npm', ['run', '--silent', 'build'], inherit);
const folder = mkdtempSync(join(tmpdir(), 'cl-release-'));
try {
  const packed = (await packAll(folder)).filter(({ isPrivate }) => !isPrivate);
  const faults = packed.flatMap(faultsOf);
  console.log(`\n${packed.length} packages, as npm would get them:`);
  for (const { name, version, size, files } of packed) {
    const kilobytes = `${Math.ceil(size / 1024)} kB`;
    console.log(
      `  ${`${name}@${version}`.padEnd(32)} ${kilobytes.padStart(9)}  ${files.length} files`,
    );
  }
  const pending = execFileSync('npx', ['changeset', 'status'], { cwd: root, encoding: 'utf8' });
  console.log(`\nchanges that wait for a version:\n${pending.trim()}`);
  if (faults.length > 0) {
    console.error(`\nrelease: ${faults.length} faults\n  ${faults.join('\n  ')}`);
    process.exitCode = 1;
  } else if (values['dry-run']) console.log('\nNothing was published: this was a dry run.');
  else {
    const env = { ...process.env, NPM_CONFIG_PROVENANCE: 'true' };
    execFileSync('npx', ['changeset', 'publish'], { ...inherit, env });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * What must not be published.
 *
 * @param {import('./installs/pack.mjs').Packed} packed
 */
function faultsOf({ name, size, files, manifest }) {
  const faults = [];
  for (const field of ['description', 'license', 'engines', 'exports', 'keywords']) {
    if (manifest[field] === undefined) faults.push(`${name}: package.json has no ${field}`);
  }
  for (const file of ['README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']) {
    if (!files.includes(file)) faults.push(`${name}: the tarball lacks ${file}`);
  }
  const limit = sizes[name]?.packed;
  if (limit === undefined) faults.push(`${name}: tools/installs/sizes.mjs states no size`);
  else if (size > limit * 1024) faults.push(`${name}: ${size} bytes, over its ${limit} kB`);
  for (const [other, range] of Object.entries({ ...manifest.dependencies })) {
    if (/^(?:file|link|git|http|workspace):/u.test(String(range))) {
      faults.push(`${name}: depends on ${other} at ${range}, which npm cannot install`);
    }
  }
  return faults;
}
