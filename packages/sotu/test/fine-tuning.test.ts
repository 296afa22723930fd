import { createRandom, resolveOptions, type ImageView, type TrainableBackbone } from '@cl/hub';
import { sotu, type SotuOptions } from '@cl/sotu';
import { syntheticFeatures, syntheticStream } from '@cl/testing';
import { openImageModel } from '@cl/training';
import { describe, expect, test } from 'vitest';
import { quick, tinyVit } from './support/tiny-vit.ts';

const [task] = syntheticStream().experiences;
const steady: Partial<SotuOptions> = { ...quick, p: 0, schedule: 'constant' };

/** What fine-tuning on one task left: the weights of the backbone and the loss of each epoch. */
async function tuned(given: Partial<SotuOptions>, backbone: TrainableBackbone = tinyVit()) {
  const options = await resolveOptions(sotu, { ...steady, ...given });
  const learner = await sotu.create(options, {
    features: syntheticFeatures(),
    backbone,
    random: createRandom(1),
  });
  await learner.learn(task!);
  const bytes = await learner.exportBackbone!();
  const { values } = await learner.save();
  await learner.dispose();
  const changed = { ...(await backbone.graph()), model: bytes };
  const { weights } = await openImageModel({ ...backbone, graph: async () => changed });
  const [{ losses }] = values['records'] as unknown as [{ losses: readonly number[] }];
  return { weights: new Map([...weights].map(([name, { data }]) => [name, data])), losses };
}

describe('learning rates', () => {
  test('of the backbone: 0 leaves it bit for bit while the head learns', async () => {
    const { weights, losses } = await tuned({ learningRate: 0, epochs: 3 });
    for (const [name, { data }] of (await openImageModel(tinyVit())).weights) {
      expect(weights.get(name)).toEqual(data);
    }
    expect(losses[2]!).toBeLessThan(losses[0]!);
  });

  test('of the head: 0 on both leaves the loss where it was', async () => {
    const { losses } = await tuned({ learningRate: 0, headLearningRate: 0, epochs: 2 });
    expect(losses[1]!).toBeCloseTo(losses[0]!, 5); // other batches, other rounding
  });
});

describe('early stop', () => {
  test('ends after as many epochs without a lower loss as patience says', async () => {
    const still = { learningRate: 0, headLearningRate: 0, validationShare: 0.25, epochs: 9 };
    expect((await tuned({ ...still, patience: 3 })).losses).toHaveLength(4);
    expect((await tuned({ ...still, patience: 0 })).losses).toHaveLength(9);
  });

  test('goes back to the weights of the epoch with the least loss on held-out images', async () => {
    const long = { learningRate: 0.05, validationShare: 0.25 }; // steps too long to come closer for ever
    const stopped = await tuned({ ...long, epochs: 20, patience: 2 });
    const best = stopped.losses.length - 2;
    expect(stopped.losses.length).toBeLessThan(20);
    expect(stopped.weights).toEqual((await tuned({ ...long, epochs: best })).weights);
    expect(stopped.weights).not.toEqual((await tuned({ ...long, epochs: best + 1 })).weights);
  });
});

describe('augmentation', () => {
  test('trains on random resized crops, mirrored as often as flip says, new ones each epoch', async () => {
    const seen: ImageView[] = [];
    const backbone = tinyVit();
    const watched: TrainableBackbone = {
      ...backbone,
      pixels: async (images, options) => {
        seen.push(...(options?.views ?? []).filter((view) => view !== undefined));
        return backbone.pixels(images, options);
      },
    };
    await tuned({ cropScale: 0.25, flip: 1, epochs: 2 }, watched);
    expect(seen).toHaveLength(2 * task!.train.length);
    expect(new Set(seen.map((view) => JSON.stringify(view))).size).toBe(seen.length);
    for (const { width, height, flip } of seen) {
      expect(width * height).toBeGreaterThan(0.2); // of the area; a crop is a whole number of pixels
      expect(flip).toBe(true);
    }
    seen.length = 0;
    await tuned({}, watched);
    expect(seen).toEqual([]); // whole images, as the backbone takes them
  });
});
