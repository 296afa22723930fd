import { candidatesFor, classesOf, type ScenarioName, type Stream } from '@cl/hub';
import {
  faultyFeatures,
  syntheticDataset,
  syntheticFeatures,
  syntheticImages,
  syntheticStream,
} from '@cl/testing';
import { describe, expect, test } from 'vitest';

/** The index of the class whose vector is nearest by cosine. */
function nearest(row: Float32Array, rows: Float32Array, cols: number): number {
  const cosine = (c: number): number => {
    let [dot, length] = [0, 0];
    for (let d = 0; d < cols; d += 1) {
      const x = rows[c * cols + d]!;
      dot += x * row[d]!;
      length += x * x;
    }
    return dot / Math.sqrt(length);
  };
  const scores = Array.from({ length: rows.length / cols }, (_, c) => cosine(c));
  return scores.indexOf(Math.max(...scores));
}

describe('synthetic features', () => {
  const stream = syntheticStream();
  const samples = stream.evaluations.flatMap((evaluation) => evaluation.test);
  const images = samples.map(({ image }) => image);

  test('follow from the seed and the id alone', async () => {
    const once = await syntheticFeatures().images(images);
    const source = syntheticFeatures();
    await source.images(images.slice(3, 5));
    expect(await source.images(images)).toEqual(once);
    expect((await syntheticFeatures({ seed: 2 }).images(images)).data).not.toEqual(once.data);
    expect(syntheticFeatures({ seed: 2 }).fingerprint).not.toBe(source.fingerprint);
  });

  test('of one class lie together, with the text that names it', async () => {
    const features = syntheticFeatures();
    const classes = classesOf(stream.evaluations);
    const texts = await features.texts!(classes.map(({ name }) => `a photo of a ${name}.`));
    const { data, cols } = await features.images(images);
    const right = samples.filter(({ classId }, i) => {
      const row = data.subarray(i * cols, (i + 1) * cols);
      return classes[nearest(row, texts.data, cols)]!.id === classId;
    });
    expect(samples).toHaveLength(18);
    expect(right.length).toBeGreaterThanOrEqual(15); // chance: 2 of 18
  });

  test('belong to the caller and come in all lengths', async () => {
    const features = syntheticFeatures({ featureDim: 8 });
    const once = await features.images(images);
    const lengths = images.map((_, i) => Math.hypot(...once.data.subarray(i * 8, (i + 1) * 8)));
    expect(Math.max(...lengths) / Math.min(...lengths)).toBeGreaterThan(1.5);
    const copy = once.data.slice();
    once.data.fill(0);
    expect((await features.images(images)).data).toEqual(copy);
  });

  test('have no texts when told so, and answer a signal', async () => {
    const features = syntheticFeatures({ texts: false });
    expect(features.texts).toBeUndefined();
    expect(features.logitScale).toBeUndefined();
    await expect(features.images(images, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  test('turn to NaN for the images that are poisoned, and back', async () => {
    const features = faultyFeatures(syntheticFeatures());
    features.poisoned.add(images[1]!.id);
    const { data, cols } = await features.images(images.slice(0, 3));
    expect([data[0], data[cols], data[2 * cols]].map(Number.isNaN)).toEqual([false, true, false]);
    features.poisoned.clear();
    expect((await features.images(images)).data.some(Number.isNaN)).toBe(false);
  });
});

describe('synthetic streams', () => {
  const names: readonly ScenarioName[] = [
    'x-tail',
    'mtil',
    'class-incremental',
    'domain-incremental',
    'task-incremental',
  ];

  test.each(names)('of scenario %s can be answered after the last experience', (scenario) => {
    const stream: Stream = syntheticStream({ scenario });
    expect(stream.experiences).toHaveLength(3);
    for (const { index } of stream.evaluations) {
      expect(candidatesFor(stream, 2, index)).toEqual(
        expect.arrayContaining([...stream.evaluations[index]!.classes]),
      );
    }
  });

  test('have experiences of unequal sizes, and one that shows an old class again', () => {
    const { experiences } = syntheticStream({ revisit: true });
    expect(experiences.map(({ classes }) => classes.length)).toEqual([3, 2, 4, 2]);
    expect(experiences.map(({ train }) => train.length)).toEqual([15, 9, 22, 8]);
    expect(experiences[3]!.classes[0]).toEqual(experiences[0]!.classes[0]);
    const ids = experiences.flatMap(({ train }) => train.map(({ image }) => image.id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('of domains share their classes', () => {
    const { experiences } = syntheticStream({ scenario: 'domain-incremental' });
    const ids = experiences.map(({ classes }) => classes.map(({ id }) => id));
    expect(ids).toEqual([ids[0], ids[0], ids[0]]);
    expect(new Set(experiences.map(({ domain }) => domain)).size).toBe(3);
  });
});

test('a synthetic dataset has as many samples as it is told', () => {
  const { train, test: tests } = syntheticDataset({ classes: 2, train: 3, test: 5 });
  expect([train.length, tests.length]).toEqual([3 + 4, 10]); // class c has 3 + c
});

test('synthetic images are decoded, of many sizes, and the same whatever their number', () => {
  const images = syntheticImages(5);
  expect(syntheticImages(3)).toEqual(images.slice(0, 3));
  for (const { source } of images) {
    expect(source.kind).toBe('pixels');
    if (source.kind === 'pixels')
      expect(source.data).toHaveLength(source.width * source.height * 3);
  }
});
