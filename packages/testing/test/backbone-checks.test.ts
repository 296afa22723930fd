import { ClError, type Backbone, type BackbonePlugin, type ImageRef } from '@cl/hub';
import { backboneChecks, syntheticImages, type BackboneCheckSettings } from '@cl/testing';
import { describe, expect, test } from 'vitest';
import { failing, type Mutant } from './broken.ts';
import { backbone, type BackboneChange } from './sound-plugins.ts';

type Features = Awaited<ReturnType<Backbone['embedImages']>>;
type Embed = (
  items: readonly never[],
  work: Parameters<Backbone['embedImages']>[1],
  sound: Embed,
) => Promise<Features>;

function mutant(
  fault: string,
  caughtBy: string,
  change: BackboneChange,
  more: {
    readonly also?: readonly string[];
    readonly plugin?: Partial<BackbonePlugin>;
    readonly settings?: BackboneCheckSettings;
  } = {},
): Mutant {
  const { also = [], plugin, settings } = more;
  return {
    fault,
    caughtBy,
    also,
    checks: () => backboneChecks(backbone(change, plugin), {}, settings),
  };
}

/** The same fault in each tower, and the check of that tower. */
function inTowers(
  fault: string,
  caughtBy: (kind: string) => string,
  embed: Embed,
): readonly Mutant[] {
  return [
    mutant(`${fault} of images`, caughtBy('images'), (sound) => ({
      embedImages: (images, work) => embed(images as never, work, sound.embedImages as Embed),
    })),
    mutant(`${fault} of texts`, caughtBy('texts'), (sound) => ({
      embedTexts: (texts, work) => embed(texts as never, work, sound.embedTexts as Embed),
    })),
  ];
}

const mutants: readonly Mutant[] = [
  mutant('is given too few images', 'is given images and texts that are not too few', () => ({}), {
    settings: { images: syntheticImages(3) },
  }),
  mutant('has a fingerprint of its own making', 'describes itself', () => ({ fingerprint: 'v1' })),
  mutant('offers more than its plugin', 'describes itself', () => ({
    capabilities: ['image-features', 'text-features', 'graph'],
    graph: async () => ({ model: new Uint8Array(), input: 'x', output: 'y', take: 'all' as const }),
    pixels: async () => ({ dtype: 'float32', dims: [0], data: new Float32Array() }) as const,
  })),
  mutant('has a logit scale of 0', 'describes itself', () => ({ logitScale: 0 })),
  ...inTowers(
    'gives all the same features',
    (kind) => `gives ${kind} one row of finite features each, no two alike`,
    async (items, work, sound) => {
      const features = await sound(items, work, sound);
      features.data.fill(1);
      return features;
    },
  ),
  ...inTowers(
    'drifts when repeated, the features',
    (kind) => `gives ${kind} the same features exactly when repeated`,
    async (items, work, sound) => {
      const features = await sound(items, work, sound);
      if (items.length > 0) features.data[0]! *= 1 + 1e-6 * (drift = 1 - drift);
      return features;
    },
  ),
  ...inTowers(
    'centres over the batch the features',
    (kind) => `gives ${kind} features in their order, alike in every batch`,
    async (items, work, sound) => {
      const { data, ...shape } = await sound(items, work, sound);
      const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
      return { ...shape, data: data.map((x) => x - mean) };
    },
  ),
  ...inTowers(
    'cannot embed nothing, nor describe none',
    (kind) => `gives no ${kind} no rows`,
    async (items, work, sound) => {
      if (items.length === 0)
        throw new ClError('INVALID_DATA', 'means: nothing to embed. Give some.');
      return sound(items, work, sound);
    },
  ),
  ...inTowers(
    'is silent about the progress',
    (kind) => `reports progress on ${kind} up to the end`,
    async (items, work, sound) => sound(items, { signal: work?.signal }, sound),
  ),
  ...inTowers(
    'does not hear the signal while at work, on features',
    (kind) => `refuses ${kind} when aborted`,
    async (items, work, sound) => sound(items, { onProgress: work?.onProgress }, sound),
  ),
  mutant('writes on the images it was given', 'leaves the images unmodified', (sound) => ({
    embedImages: async (images, work) => {
      if (images.length > 4) Object.assign(images[0]!, { hash: String((scribble += 1)) });
      return sound.embedImages(images, work);
    },
  })),
  mutant(
    'names the first unreadable image only',
    'refuses unreadable images, naming every one',
    (sound) => ({
      embedImages: (images, work) => {
        const bad = images.find(({ source }) => source.kind !== 'pixels');
        return sound.embedImages(bad === undefined ? images : [bad], work);
      },
    }),
  ),
  mutant('skips unreadable images', 'refuses unreadable images, naming every one', (sound) => ({
    embedImages: (images, work) =>
      sound.embedImages(
        images.filter((image: ImageRef) => image.source.kind === 'pixels'),
        work,
      ),
  })),
  mutant('has another fingerprint each time', 'has the same fingerprint when loaded again', () => ({
    fingerprint: String((loads += 1)).padStart(64, '0'),
  })),
  mutant('cannot be disposed of twice', 'disposes twice, then refuses everything', (sound) => {
    let disposed = false;
    return {
      dispose: async () => {
        if (disposed) throw new Error('freed twice');
        disposed = true;
        await sound.dispose();
      },
    };
  }),
  mutant('embeds texts after dispose', 'disposes twice, then refuses everything', (sound) => {
    const { embedTexts } = sound;
    return { embedTexts: embedTexts!, dispose: async () => undefined };
  }),
];

let drift = 0;
let scribble = 0;
let loads = 0;

describe('the checks of backbones', () => {
  test.each(mutants)('notice one that $fault', async ({ checks, caughtBy, also = [] }) => {
    expect(new Set(await failing(checks()))).toEqual(new Set([caughtBy, ...also]));
  });

  test('pass a sound one', async () => {
    expect(await failing(backboneChecks(backbone()))).toEqual([]);
  });

  test('ask nothing of texts from a backbone of images', async () => {
    const vit = backbone(
      () =>
        ({
          capabilities: ['image-features'],
          embedTexts: undefined,
          logitScale: undefined,
        }) as never,
      { provides: ['image-features'] },
    );
    const checks = backboneChecks(vit);
    expect(checks.map(({ name }) => name).filter((name) => /^gives texts/u.test(name))).toEqual([]);
    expect(await failing(checks)).toEqual([]);
  });

  test('can be run alone, in any order', async () => {
    const checks = backboneChecks(backbone());
    expect(await failing(checks.toReversed())).toEqual([]);
  });

  test('have a mutant each', () => {
    const names = backboneChecks(backbone()).map(({ name }) => name);
    const own = [names[0]!, ...names.slice(6)]; // without those of any plugin
    expect(new Set(mutants.map(({ caughtBy }) => caughtBy))).toEqual(new Set(own));
  });
});
