import { createRandom, resolveOptions, type ClErrorCode, type TrainableBackbone } from '@cl/hub';
import { featuresOf, smallVit, tileStream } from '@cl/training/testing';
import { vqPrompt, createVqPrompt, type VqPromptOptions } from '@cl/vq-prompt';
import { expect, test } from 'vitest';
import { quick } from './support/quick.ts';

const backbone = smallVit();
const stream = tileStream([2, 2]);

function expectError(code: ClErrorCode, text: string): unknown {
  return expect.objectContaining({ code, message: expect.stringContaining(text) });
}

async function create(options: Partial<VqPromptOptions>, opened?: TrainableBackbone) {
  const checked = await resolveOptions(vqPrompt, { ...quick, ...options });
  const features = featuresOf(backbone);
  return vqPrompt.create(checked, { backbone: opened, features, random: createRandom(1) });
}

test('a loss that is no number stops at its step, and the learner is as it was', async () => {
  const broken: TrainableBackbone = {
    ...backbone,
    pixels: async (images, options) => {
      const pixels = await backbone.pixels(images, options);
      pixels.data[5] = NaN; // in the pixels alone: the features that queries are were made before
      return pixels;
    },
  };
  const learner = await create({}, broken);
  await expect(learner.learn(stream.experiences[0]!)).rejects.toThrow(
    expectError(
      'NON_FINITE',
      'at step 0 the loss is NaN, expected finite numbers; largest gradient norms',
    ),
  );
  expect(learner.experiences).toBe(0);
  expect(learner.classes).toEqual([]);
  await learner.dispose();
});

test.each([
  [
    { microBatchSize: 4, balanceWeight: 0.1 },
    'option microBatchSize is 4: balanceWeight is of scores over a whole batch',
  ],
  [{ promptLength: 5 }, 'option promptLength is 5: is odd; half of the tokens go before the keys'],
  [{ layers: [0, 0] }, 'a layer is named twice'],
  [{ layers: [] }, 'option layers is []'],
  [{ poolSize: 0 }, 'option poolSize is 0'],
  [{ schedule: 'epoch-cosine', epochs: 1 }, 'the schedule epoch-cosine needs at least 2'],
  [{ statisticsView: 'augmented' }, 'augmented needs augmentation crop'],
] as const)('options %j are refused', async (options, text) => {
  await expect(resolveOptions(vqPrompt, options)).rejects.toThrow(
    expectError('INVALID_OPTION', text),
  );
});

test('a layer that the model does not have is refused', async () => {
  await expect(create({ layers: [0, 2] }, backbone)).rejects.toThrow(
    expectError(
      'INVALID_OPTION',
      'vq-prompt: option layers names layer 2, expected 0 to 1: the model has 2.',
    ),
  );
});

test('a backbone without attention is refused', async () => {
  await expect(create({}, smallVit({ layers: 0 }))).rejects.toThrow(
    expectError('NOT_SUPPORTED', 'vq-prompt: the model has no attention, expected a transformer.'),
  );
});

test('a backbone that cannot be opened is refused', async () => {
  await expect(create({}, undefined)).rejects.toThrow(
    expectError('INCOMPATIBLE_PLUGINS', 'vq-prompt: the backbone cannot be opened for training'),
  );
});

test('pixels of another size than the graph takes are refused, and nothing is learned', async () => {
  const wrong: TrainableBackbone = {
    ...backbone,
    pixels: async (images) => ({
      dtype: 'float32',
      dims: [images.length, 3, 4, 4],
      data: new Float32Array(images.length * 48),
    }),
  };
  const learner = await create({}, wrong);
  await expect(learner.learn(stream.experiences[0]!)).rejects.toThrow(
    expectError('SHAPE_MISMATCH', '[8, 3, 4, 4], expected float32[8, 3, 8, 8]'),
  );
  expect(learner.experiences).toBe(0);
  await learner.dispose();
});

test('a pool policy that names entries which are not there is refused', async () => {
  const plugin = createVqPrompt({ pool: () => ({ protect: [7] }) });
  const options = await resolveOptions(plugin, quick);
  const learner = await plugin.create(options, {
    backbone,
    features: featuresOf(backbone),
    random: createRandom(1),
  });
  await expect(learner.learn(stream.experiences[0]!)).rejects.toThrow(
    expectError(
      'INVALID_OPTION',
      'vq-prompt: the pool policy names entry 7 in layer 0, expected 0 to 3.',
    ),
  );
  await learner.dispose();
});
