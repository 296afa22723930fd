// @ts-check
// What a release publishes: npm run release -- --dry-run builds, packs, checks and lists; without the flag it publishes what
// the registry does not have yet, from continuous integration alone, so that npm can sign where it came from.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packAll, root } from './installs/pack.mjs';
import { packageProblems, typeProblems } from './installs/problems.mjs';
import { sizes } from './installs/sizes.mjs';

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } });
const inherit = { cwd: root, stdio: /** @type {const} */ ('inherit') };
const { CI, GITHUB_REPOSITORY = '', GITHUB_SERVER_URL = 'https://github.com' } = process.env;

if (!values['dry-run'] && (CI !== 'true' || GITHUB_REPOSITORY === '')) {
  console.error(
    'release: not in continuous integration, expected CI=true and GITHUB_REPOSITORY. Write npm run release -- --dry-run here.',
  );
  process.exit(2);
}
if (!values['dry-run']) stateOrigin();

execFileSync('npm', ['run', '--silent', 'build'], inherit);
const { protocolVersion } = await import('../packages/hub/dist/index.js'); // built just now
const folder = mkdtempSync(join(tmpdir(), 'cl-release-'));
try {
  const packed = (await packAll(folder)).filter(({ isPrivate }) => !isPrivate);
  const faults = (await Promise.all(packed.map(faultsOf))).flat();
  console.log(`\n${packed.length} packages, as npm would get them (protocol ${protocolVersion}):`);
  const kilobytes = (/** @type {number} */ bytes) => `${Math.ceil(bytes / 1024)} kB`.padStart(9);
  for (const { name, version, size, unpackedSize, files } of packed) {
    const title = `${name}@${version}`.padEnd(28);
    const sum = `${kilobytes(size)} packed${kilobytes(unpackedSize)} unpacked`;
    console.log(`  ${title}${sum}  ${files.length} files`);
  }
  const total = packed.reduce((sum, { size }) => sum + size, 0);
  console.log(`  ${'in all'.padEnd(28)}${kilobytes(total)}`);
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

/** npm compares what a package says of its origin with what signed it: both are the repository that publishes. */
function stateOrigin() {
  const url = `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git`;
  const fields = ['repository.type=git', `repository.url=${url}`];
  execFileSync('npm', ['pkg', 'set', '--workspaces', ...fields], inherit);
}

/**
 * What must not be published.
 *
 * @param {import('./installs/pack.mjs').Packed} packed
 */
async function faultsOf(packed) {
  const { name, size, files, manifest } = packed;
  const faults = [...(await typeProblems(packed)), ...(await packageProblems(packed))].map(
    (problem) => `${name}: ${problem}`,
  );
  for (const field of ['description', 'license', 'engines', 'exports', 'keywords']) {
    if (manifest[field] === undefined) faults.push(`${name}: package.json has no ${field}`);
  }
  const { access, provenance } = manifest.publishConfig ?? {};
  if (access !== 'public' || provenance !== true) {
    faults.push(`${name}: publishConfig is not { "access": "public", "provenance": true }`);
  }
  for (const file of ['README.md', 'LICENSE', 'package.json', 'dist/index.js', 'dist/index.d.ts']) {
    if (!files.includes(file)) faults.push(`${name}: the tarball lacks ${file}`);
  }
  for (const file of Object.values(manifest.bin ?? {})) {
    if (!files.includes(String(file).replace('./', ''))) faults.push(`${name}: lacks ${file}`);
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
