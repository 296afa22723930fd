import { createHash } from 'node:crypto';
import { iconBench } from '@cl/datasets';
import { ClassRegistry, isClError, resolveOptions } from '@cl/hub';
import { decodeImage, hashImage } from '@cl/images';
import { expect, test } from 'vitest';

const dataset = await iconBench.create(await resolveOptions(iconBench));

// The benchmark's README: 315 classes in 10 domains, 3821 training and 2634 test images.
test('holds 315 classes of ten domains, 3,821 training and 2,634 test images', () => {
  expect(dataset.classes).toHaveLength(315);
  expect(dataset.train).toHaveLength(3821);
  expect(dataset.test).toHaveLength(2634);
  expect(new Set(dataset.classes.map(({ domain }) => domain)).size).toBe(10);
  expect(new ClassRegistry(dataset.classes).size).toBe(315); // ids are valid and differ
});

test('its pixels are those of the benchmark: SHA-256 over all tiles, domain by domain', async () => {
  // Class by class, a class's training samples before its test samples; 48 × 48 × 3 bytes each.
  const hash = createHash('sha256');
  for (const { id } of dataset.classes) {
    for (const samples of [dataset.train, dataset.test]) {
      for (const { image, classId } of samples) {
        if (classId === id) hash.update((await decodeImage(image)).data);
      }
    }
  }
  expect(hash.digest('hex')).toBe(
    '43408ec3eb8b69702ccb7023d6fdc7b33a442fb0fd2587e2737c1f6f901ee69b',
  );
});

test('describes a class by id, name, phrase, domain and templates', () => {
  expect(dataset.classes.find(({ id }) => id === 'flags/united-kingdom')).toEqual({
    id: 'flags/united-kingdom',
    name: 'united kingdom',
    phrase: 'the flag of united kingdom',
    domain: 'flags',
    templates: ['an icon of {}', 'a picture of {}', '{}'],
  });
});

test('every image has an id and a hash of its own, which need no decoding', async () => {
  const images = [...dataset.train, ...dataset.test].map(({ image }) => image);
  expect(new Set(images.map(({ id }) => id)).size).toBe(6455);
  expect(new Set(images.map(({ hash }) => hash)).size).toBe(6455);
  const untouched = {
    ...images[0]!,
    source: { kind: 'lazy', load: () => Promise.reject() },
  } as const;
  expect(await hashImage(untouched)).toBe(images[0]!.hash);
});

test('takes the domains that are named, in that order, with the same hashes', async () => {
  const two = await iconBench.create(
    await resolveOptions(iconBench, { domains: ['greek', 'digits'] }),
  );
  expect(two.classes).toHaveLength(24 + 10);
  expect(two.classes[0]).toMatchObject({ id: 'greek/alpha', domain: 'greek' });
  expect(two.test).toHaveLength(288 + 180);
  const known = new Map(dataset.train.map(({ image }) => [image.id, image.hash]));
  for (const { image } of two.train) expect(known.get(image.id)).toBe(image.hash);
});

test.each([
  [['flag'], /domains/],
  [[], /domains/],
  [['flags', 'flags'], /names a domain twice/],
])('refuses the domains %j', async (domains, reason) => {
  const error = await resolveOptions(iconBench, { domains }).catch((caught: unknown) => caught);
  expect(isClError(error) && error.code).toBe('INVALID_OPTION');
  expect((error as Error).message).toMatch(reason);
});
