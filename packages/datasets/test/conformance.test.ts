import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  classIncremental,
  domainIncremental,
  iconBench,
  imageFolder,
  mtil,
  taskIncremental,
  xTail,
} from '@cl/datasets';
import { createRegistry, resolveOptions } from '@cl/hub';
import { describeDataset, describeStream } from '@cl/testing/vitest';
import { afterAll, expect, test } from 'vitest';
import * as api from '@cl/datasets';

const root = mkdtempSync(join(tmpdir(), 'conformance-'));
afterAll(() => rmSync(root, { recursive: true }));
for (const name of ['cat', 'dog']) {
  mkdirSync(join(root, name));
  for (let i = 0; i < 5; i += 1) writeFileSync(join(root, name, `${i}.png`), `${name} ${i}`);
}

describeDataset(iconBench);
describeDataset(iconBench, { domains: ['weather', 'greek'] });
describeDataset(imageFolder, { root });

const bench = await iconBench.create(await resolveOptions(iconBench));
for (const plugin of [classIncremental, taskIncremental]) {
  describeStream(plugin, { classesPerTask: 2 });
  describeStream(
    plugin,
    { baseClasses: 65, classesPerTask: 50, order: 'numpy', shots: 4 },
    { datasets: [bench] },
  );
}
describeStream(domainIncremental);
describeStream(xTail);
describeStream(xTail, { order: ['weather', 'animals'] }, { datasets: [bench] });
describeStream(mtil);
describeStream(mtil, {}, { datasets: [bench] });

test('every plugin fits into a registry', () => {
  const plugins = Object.values(api).filter(
    (value): value is typeof xTail => typeof value === 'object' && '~cl' in value,
  );
  const registry = createRegistry(...plugins);
  expect(registry.list('dataset').map(({ name }) => name)).toEqual(
    expect.arrayContaining(['icon-bench', 'image-folder', 'cifar10', 'cifar100']),
  );
  expect(registry.list('stream')).toHaveLength(5);
});
