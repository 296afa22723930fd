import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClError, defineDataset, type Dataset, type ImageRef } from '@cl/hub';
import { run, type RunEvent } from '@cl/runner';
import { faultyFeatures, syntheticDataset, unreadableImages } from '@cl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { syntheticConfig } from './fixtures/config.ts';
import { meanLearner } from './fixtures/mean-learner.ts';
import { temporaryFolder } from './fixtures/temporary.ts';
import type { RunConfig } from '@cl/runner';

const failed = async (config: RunConfig): Promise<ClError> =>
  run(config).then(
    () => expect.fail('the run did not fail'),
    (error: unknown) => error as ClError,
  );

test('names the trial whose learner fails and keeps what was learned before', async () => {
  const folder = await temporaryFolder();
  const learners = [{ plugin: meanLearner, options: { failAt: 1 }, label: 'frail' }];
  const error = await failed(syntheticConfig(folder, { learners }));
  expect(error.code).toBe('NON_FINITE');
  expect(error.message).toBe('run: "frail" with seed 0: mean: told to fail. Stop.');
  const accuracy = JSON.parse(await readFile(join(folder, 'accuracy.json'), 'utf8'));
  expect(accuracy.trials[0].accuracy).toHaveLength(1);
});

test('refuses NaN features before anything is learned, naming the image', async () => {
  const config = syntheticConfig(await temporaryFolder());
  const features = faultyFeatures(config.features);
  features.poisoned.add('domain-1/d1c2#test-3');
  const events: RunEvent[] = [];
  const running = run({ ...config, features }, { onEvent: (event) => events.push(event) });
  await expect(running).rejects.toMatchObject({
    code: 'NON_FINITE',
    message: expect.stringContaining('"domain-1/d1c2#test-3" has NaN'),
  });
  expect(events.some(({ type }) => type === 'trial-started')).toBe(false);
});

/** A domain with images that nobody can decode, and features that refuse them as a backbone does. */
function broken(config: RunConfig, where: (set: Dataset) => Dataset): RunConfig {
  const dataset = defineDataset({
    name: 'broken',
    description: 'A domain with broken images.',
    defaults: {},
    help: {},
    schema: z.object({}),
    create: async () => where(syntheticDataset({ index: 9 })),
  });
  const images: typeof config.features.images = async (refs, work) => {
    const bad = refs.filter((ref) => unreadableImages.includes(ref));
    if (bad.length === 0) return config.features.images(refs, work);
    throw new ClError('UNREADABLE_IMAGE', `images: ${bad.length} cannot be read.`);
  };
  return {
    ...config,
    datasets: [...config.datasets, { plugin: dataset }],
    features: { ...config.features, images },
  };
}

const withBrokenTests = (set: Dataset): Dataset => ({
  ...set,
  test: [...set.test, ...unreadableImages.map((image) => ({ image, classId: set.classes[0]!.id }))],
});

test('lists all images that cannot be decoded and refuses to start', async () => {
  const folder = await temporaryFolder();
  const config = broken(syntheticConfig(folder), withBrokenTests);
  const error = await failed(config);
  expect(error.code).toBe('UNREADABLE_IMAGE');
  expect(error.message).toContain('2 of ');
  for (const { id } of unreadableImages) expect(error.message).toContain(id);
  expect(error.message).toContain('--skip-broken');
});

test('goes on without them when asked, also after it refused', async () => {
  const folder = await temporaryFolder();
  const config = broken(syntheticConfig(folder), withBrokenTests);
  await failed(config);
  const events: RunEvent[] = [];
  const record = await run(
    { ...config, skipBroken: true },
    { onEvent: (event) => events.push(event) },
  );
  const skipped = events.find((event) => event.type === 'images-skipped');
  expect(skipped?.ids).toEqual(unreadableImages.map(({ id }: ImageRef) => id));
  expect(record.stream.experiences.at(-1)).toMatchObject({ name: 'domain-9', test: 6 });
});

test('refuses to skip the only images of a class', async () => {
  const config = broken(syntheticConfig(await temporaryFolder()), (set) => ({
    ...set,
    train: set.train.map((sample, k) =>
      sample.classId === set.classes[0]!.id
        ? { ...sample, image: unreadableImages[k % 2]! }
        : sample,
    ),
  }));
  const error = await failed({ ...config, skipBroken: true });
  expect(error.code).toBe('EMPTY_CLASS');
  expect(error.message).toContain('"domain-9/d9c0"');
});

test('refuses a run.json that is not JSON, naming the file', async () => {
  const folder = await temporaryFolder();
  await run(syntheticConfig(folder));
  await writeFile(join(folder, 'run.json'), '{"format": 1,');
  const error = await failed(syntheticConfig(folder));
  expect(error.code).toBe('CORRUPT_FILE');
  expect(error.message).toContain('run.json is not JSON');
});
