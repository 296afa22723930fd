import { createZeroShot, defaultTemplates, unitFeatures } from '@cl/zero-shot';
import { expect, test } from 'vitest';
import { errorOf } from './errors.ts';
import { sourceOf } from './source.ts';

const cat = { id: 'cat', name: 'cat' };
const dog = { id: 'dog', name: 'dog' };
const image = (id: string) => ({
  id,
  source: { kind: 'pixels', width: 1, height: 1, data: new Uint8Array(3) } as const,
});

test('embeds a class as the normalised mean of its normalised prompts', async () => {
  // [3, 0] and [0, 0.5] have the directions [1, 0] and [0, 1]; their mean points to [1, 1]/√2.
  const source = sourceOf({ 'a cat': [3, 0], 'one cat': [0, 0.5] });
  const zeroShot = createZeroShot(source, { templates: ['a {}', 'one {}'] });
  const text = await zeroShot.textMatrix([cat]);
  expect([...text.data]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)]);
});

test('takes the templates of the option, else of the class, else "a photo of a {}."', async () => {
  const icon = { ...cat, phrase: 'a cat', templates: ['an icon of {}'] };
  const prompts = async (templates: readonly string[], info: typeof cat) => {
    const asked: string[] = [];
    const any = new Proxy({}, { get: () => [1, 1] as const });
    await createZeroShot(sourceOf(any, asked), { templates }).textMatrix([info]);
    return asked;
  };
  expect(await prompts(['{}!'], icon)).toEqual(['a cat!']);
  expect(await prompts([], icon)).toEqual(['an icon of a cat']);
  expect(await prompts([], cat)).toEqual(['a photo of a cat.']);
  expect(defaultTemplates).toEqual(['a photo of a {}.']);
});

test('embeds each class once, and a class whose words changed again', async () => {
  const asked: string[] = [];
  const any = new Proxy({}, { get: () => [1, 2] as const });
  const zeroShot = createZeroShot(sourceOf(any, asked), { templates: ['{}'] });
  await zeroShot.textMatrix([cat, dog]);
  await zeroShot.textMatrix([dog, cat]);
  expect(asked).toEqual(['cat', 'dog']);
  await zeroShot.textMatrix([{ ...cat, phrase: 'a cat' }]);
  expect(asked).toEqual(['cat', 'dog', 'a cat']);
});

test('gives the softmax of scaled cosines', async () => {
  const source = sourceOf({ cat: [1, 0], dog: [0, 2], 'x.png': [0.6, 0.8] });
  const zeroShot = createZeroShot(source, { templates: ['{}'] });
  const features = await unitFeatures(source, [image('x.png')]);
  const cosines = await zeroShot.cosines(features, [cat, dog]);
  expect(cosines.data[0]).toBeCloseTo(0.6, 6);
  expect(cosines.data[1]).toBeCloseTo(0.8, 6);
  // Logit scale 10: 1 / (1 + e^(10·(0.8 − 0.6))) and its complement.
  const { data } = await zeroShot.probabilities(features, [cat, dog]);
  expect(data[0]).toBeCloseTo(1 / (1 + Math.exp(2)), 6);
  expect(data[0]! + data[1]!).toBeCloseTo(1, 6);
});

test('leaves the features of the source as they were', async () => {
  const own = Float32Array.of(3, 4);
  const source = {
    ...sourceOf({}),
    images: async () => ({ rows: 1, cols: 2, data: own }),
  };
  const unit = await unitFeatures(source, [image('x.png')]);
  expect([...unit.data]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  expect([...own]).toEqual([3, 4]);
});

test('names the images whose features are broken', async () => {
  const source = sourceOf({ 'a.png': [NaN, 1], 'b.png': [1, 1], 'c.png': [0, 0] });
  const images = ['a.png', 'b.png', 'c.png'].map(image);
  const error = await errorOf(() => unitFeatures(source, images));
  expect(error.code).toBe('NON_FINITE');
  expect(error.message).toMatch(/image "a.png", image "c.png" are NaN, infinite or all zero/);
});

test('names the prompt whose embedding is broken', async () => {
  const zeroShot = createZeroShot(sourceOf({ cat: [Infinity, 1] }), { templates: ['{}'] });
  const error = await errorOf(() => zeroShot.textMatrix([cat]));
  expect(error.code).toBe('NON_FINITE');
  expect(error.message).toMatch(/prompt "cat"/);
});

test('refuses a backbone without texts', async () => {
  const { texts, ...blind } = sourceOf({});
  void texts;
  const error = await errorOf(() => createZeroShot(blind));
  expect(error.code).toBe('INCOMPATIBLE_PLUGINS');
  expect(error.message).toMatch(/gives no text features.*CLIP/);
});

test('refuses a template without a place for the class', async () => {
  const error = await errorOf(() => createZeroShot(sourceOf({}), { templates: ['a photo'] }));
  expect(error.code).toBe('INVALID_OPTION');
  expect(error.message).toMatch(/template "a photo" has no "\{\}"/);
});

test('refuses to score against no classes', async () => {
  const error = await errorOf(() => createZeroShot(sourceOf({})).textMatrix([]));
  expect(error.code).toBe('INVALID_DATA');
  expect(error.message).toMatch(/found no classes/);
});
