// @ts-check
// A reader's machine: photos, a run that was made earlier, precomputed features, and a model hub that answers for
// huggingface.co, with the embedded CLIP under the names of models that are too large to fetch.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { iconBench, imageFolder } from '@cl/datasets';
import { resolveOptions } from '@cl/hub';
import { writeSafetensors } from '@cl/hub/node';
import { decodeImage } from '@cl/images';
import { tinyClipPath } from '@cl/tiny-clip';
import sharp from 'sharp';
import { startHub } from '../../packages/model-hub/test/fake-hub.ts';
import { root } from './pages.mjs';
import { carryOut } from './reader.mjs';

/** Folders of photos, and the classes of the icon benchmark that stand in for them. */
const photos = {
  'photos/cats/tabby': 'animals/cat',
  'photos/cats/lion': 'animals/tiger',
  'photos/cars/sedan': 'transport/car',
  'photos/cars/van': 'transport/bus',
  'photos/boats/ferry': 'transport/ship',
  'photos/dogs/terrier': 'animals/dog',
};

/** @param {import('vitest/node').TestProject} project */
export default async function setup(project) {
  const machine = await mkdtemp(join(tmpdir(), 'cl-docs-'));
  const hub = await startHub();
  const clip = await modelFiles(tinyClipPath);
  hub.commits.set('Xenova/clip-vit-base-patch16@main', clip);
  const world = join(machine, 'world');
  await mkdir(world);
  await writeFile(join(world, 'package.json'), '{ "type": "module", "private": true }\n');
  await symlink(join(root, 'node_modules'), join(world, 'node_modules'));
  await writePhotos(world);
  const place = { machine, hub: hub.url };
  const learners = '--learner zero-shot --learner rail@dual';
  const data = '--dataset icon-bench,domains=digits+weather --shots 2';
  const earlier = await carryOut(place, world, `cl run ${data} ${learners} --name embedded`);
  if (earlier.code !== 0) throw new Error(`the reader's earlier run: ${earlier.output}`);
  await cp(join(world, 'runs/embedded/learners/rail@dual-0'), join(world, 'my-learner'), {
    recursive: true,
  });
  project.provide('place', place);
  return async () => {
    await hub.close();
    await rm(machine, { recursive: true, force: true });
  };
}

/** @param {string} folder @returns {Promise<Map<string, Buffer>>} */
async function modelFiles(folder) {
  const paths = await readdir(folder, { recursive: true });
  const files = paths.filter((path) => /\.(json|txt|onnx)$/u.test(path));
  return new Map(
    await Promise.all(
      files.map(
        async (path) =>
          /** @type {[string, Buffer]} */ ([path, await readFile(join(folder, path))]),
      ),
    ),
  );
}

/** Photos as files, single ones beside them, and features that somebody computed of them. @param {string} world */
async function writePhotos(world) {
  const bench = await iconBench.create(await resolveOptions(iconBench));
  for (const [folder, id] of Object.entries(photos)) {
    const own = [...bench.train, ...bench.test].filter(({ classId }) => classId === id);
    if (own.length < 5) throw new Error(`icon-bench has ${own.length} images of ${id}, expected 5`);
    for (const [i, { image }] of own.slice(0, 10).entries()) {
      await writeImage(join(world, folder, `${i}.png`), image);
    }
    if (id === 'animals/cat') await writeImage(join(world, 'cat.jpg'), own[0].image);
    if (id === 'animals/tiger') await writeImage(join(world, 'dog.jpg'), own[0].image);
  }
  await cp(join(world, 'cat.jpg'), join(world, 'photos', 'cat.jpg'));
  const options = await resolveOptions(imageFolder, { root: join(world, 'photos') });
  const { train, test } = await imageFolder.create(options);
  const ids = [...train, ...test].map(({ image }) => image.id);
  const data = Float32Array.from({ length: ids.length * 2 }, (_, i) => Math.cos(i + 1));
  const features = { dtype: /** @type {const} */ ('float32'), dims: [ids.length, 2], data };
  const file = join(world, 'features.safetensors');
  await writeSafetensors(file, { features }, { ids: JSON.stringify(ids) });
}

/** @param {string} path @param {import('@cl/hub').ImageRef} image */
async function writeImage(path, image) {
  const { width, height, data } = await decodeImage(image);
  await mkdir(dirname(path), { recursive: true });
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path);
}
