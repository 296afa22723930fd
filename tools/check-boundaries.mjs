// @ts-check
// Fails when a dependency goes up or sideways where it must not: npm run boundaries.
// The layers stand in layers.mjs, each package's own in its package.json ("nx": { "tags": ["layer:…"] }).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isolated, layers } from './layers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'cl-graph-'));
const file = join(folder, 'graph.json');
execFileSync('npx', ['nx', 'graph', `--file=${file}`], { stdio: ['ignore', 'ignore', 'inherit'] });
/**
 * @type {{ graph: {
 *   nodes: Record<string, { data: { root: string, tags?: string[] } }>,
 *   dependencies: Record<string, { target: string }[]> } }}
 */
const { graph } = JSON.parse(readFileSync(file, 'utf8'));
rmSync(folder, { recursive: true });

/** @param {string} name */
const layerOf = (name) => {
  const tag = graph.nodes[name]?.data.tags?.find((t) => t.startsWith('layer:'))?.slice(6);
  return { tag, rank: layers.indexOf(tag ?? '') };
};

const faults = [];
let arrows = 0;
for (const [name, { data }] of Object.entries(graph.nodes)) {
  const from = layerOf(name);
  if (from.rank < 0) {
    faults.push(`${name}: layer "${from.tag ?? 'none'}" is not one of ${layers.join(', ')}`);
    continue;
  }
  // Tests may use anything that is declared as a devDependency; what ships may not.
  const manifest = JSON.parse(readFileSync(join(data.root, 'package.json'), 'utf8'));
  const shipped = { ...manifest.dependencies, ...manifest.peerDependencies };
  for (const { target } of graph.dependencies[name] ?? []) {
    if (!(target in graph.nodes) || !(target in shipped)) continue;
    arrows += 1;
    const to = layerOf(target);
    if (to.rank > from.rank) {
      faults.push(`${name} (${from.tag}) depends on ${target} (${to.tag}), which is above it`);
    } else if (isolated.includes(from.tag ?? '') && ['capability', from.tag].includes(to.tag)) {
      faults.push(
        `${name} (${from.tag}) depends on ${target} (${to.tag}): learners are given what they need`,
      );
    }
  }
}
if (arrows === 0)
  faults.push('the graph holds no dependency between packages: the check saw nothing');
if (faults.length > 0) {
  console.error(`boundaries: ${faults.length} arrows go the wrong way\n  ${faults.join('\n  ')}`);
  process.exit(1);
}
console.log(
  `boundaries: ${arrows} dependencies between ${Object.keys(graph.nodes).length} packages, all downwards`,
);
