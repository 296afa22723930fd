// @ts-check
// Each package alone: packed, installed into an empty folder, type-checked in five lines, run.
import { rm } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { sizes } from './sizes.mjs';
import { installed, installInto, output, readUses, typeCheck } from './install.mjs';
import { packageProblems, typeProblems } from './problems.mjs';

const [folder, packed, registry] = [inject('folder'), inject('packed'), inject('registry')];
const uses = await readUses();

/** Native code, and what only one kind of package needs. */
const heavy = ['onnxruntime-node', 'onnxruntime-web', 'sharp', '@huggingface/transformers', 'vega'];

/** What these must not bring along, nor anything outside this list. */
const light = {
  '@cl/hub': ['@cl/hub', '@standard-schema/spec'],
  '@cl/metrics': ['@cl/hub', '@cl/metrics', '@standard-schema/spec'],
  '@cl/onnx': ['@bufbuild/protobuf', '@cl/hub', '@cl/onnx', '@standard-schema/spec'],
  '@cl/testing': ['@cl/hub', '@cl/testing', '@standard-schema/spec'],
  '@cl/tiny-clip': ['@cl/tiny-clip'],
};

/** These name nothing of Node: they type-check where its types are not installed. */
const anywhere = ['hub', 'metrics', 'onnx', 'testing'];

test('every package has a use and a stated size, and no other has', () => {
  const names = packed.map(({ name }) => name).sort();
  const used = uses.map(({ name }) => ownerOf(name).name);
  expect(new Set(used)).toEqual(new Set(names));
  expect(Object.keys(sizes).sort()).toEqual(names);
});

describe.each(packed)('$name', (one) => {
  test('packs what it needs and no more than is stated', () => {
    expect(
      one.files.filter((file) =>
        /\.tsbuildinfo$|^test|^bench|^(?!templates).*\.test\./u.test(file),
      ),
    ).toEqual([]);
    expect(one.files).toEqual(expect.arrayContaining(['README.md', 'LICENSE']));
    expect(one.size).toBeLessThan(sizes[one.name].packed * 1024);
  });

  test('has types where its modules are, for every way of importing it', async () => {
    expect(await typeProblems(one)).toEqual([]);
    expect(await packageProblems(one)).toEqual([]);
  });
});

describe('installed alone', () => {
  const places = [];
  afterAll(() => Promise.all(places.map((place) => rm(place, { recursive: true, force: true }))));

  test.each(uses)('$name type-checks and runs', async ({ name, source, prints }) => {
    const { name: owner, path } = ownerOf(name);
    const place = join(folder, 'alone', name);
    places.push(place);
    const node = !anywhere.includes(name);
    await installInto(place, registry, [
      owner.startsWith('@cl/') ? owner : path,
      ...(node ? ['@types/node@20.19.43'] : []),
    ]);
    const { names, bytes } = await installed(place);
    if (light[owner] !== undefined) {
      expect([...names].sort()).toEqual(light[owner]);
    }
    expect(names.filter((one) => heavy.includes(one)).sort()).toEqual(sizes[owner].native);
    expect(bytes).toBeLessThan(sizes[owner].installed * 2 ** 20);
    writeFileSync(join(place, 'use.ts'), source);
    await typeCheck(place, 'Bundler', node);
    await typeCheck(place, 'NodeNext', node);
    expect(prints).not.toBe('');
    expect(await output(place, 'use.js')).toBe(prints);
    await rm(place, { recursive: true, force: true }); // onnxruntime takes 290 MB
  });
});

/** @param {string} use - a package without its scope, and perhaps the name of an entry after it. */
function ownerOf(use) {
  const name = use.replace(/-node$/u, '');
  const found = packed.find((one) => one.name === `@cl/${name}` || one.name === name);
  if (found === undefined) throw new Error(`uses/${use}.ts: no package is called so.`);
  return found;
}
