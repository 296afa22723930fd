import { resolveOptions, type Dataset, type DatasetPlugin, type ImageRef } from '@cl/hub';
import { assert, assertEqual, type Check } from './check.ts';
import { pluginChecks } from './plugin-checks.ts';
import { assertClasses, assertDistinct, assertLabels, listing } from './sample-checks.ts';

/** How a dataset is checked. */
export interface DatasetCheckSettings {
  /** How many images are opened, spread over the dataset; default 16. */
  readonly opened?: number;
  /**
   * Whether two images with the same hash are a fault; default `true`. Real datasets hold duplicates: say `false`
   * for those.
   */
  readonly distinctHashes?: boolean;
}

/** The checks that a dataset plugin has to pass under these options. Opens a few images, decodes none. */
export function datasetChecks<O extends object>(
  plugin: DatasetPlugin<O>,
  options: Partial<O> = {},
  settings: DatasetCheckSettings = {},
): readonly Check[] {
  const make = async (): Promise<Dataset> =>
    plugin.create(await resolveOptions(plugin, options as Record<string, unknown>));
  const check = (name: string, verify: (dataset: Dataset) => void | Promise<void>): Check => ({
    name,
    run: async () => verify(await make()),
  });
  return [
    check('is not empty', ({ name, classes, train, test }) => {
      assert(name.trim() !== '', 'dataset: has no name.');
      assert(classes.length > 0, 'dataset: no classes.');
      assert(train.length > 0, 'dataset: no training samples.');
      assert(test.length > 0, 'dataset: no test samples.');
    }),
    ...pluginChecks('dataset', plugin),
    check('gives each class an id of its own and a name', ({ classes }) => {
      assertClasses(classes, 'dataset');
    }),
    check('has training and test samples of every class and of no other', (dataset) => {
      assertLabels(dataset.classes, dataset.train, 'train');
      assertLabels(dataset.classes, dataset.test, 'test');
    }),
    check('holds every image once, in training or in test', ({ train, test }) => {
      const images = [...train, ...test].map(({ image }) => image);
      const known = settings.distinctHashes ?? true;
      assertDistinct(known ? images : images.map(({ id, source }) => ({ id, source })), 'dataset');
    }),
    check('has hashes that are SHA-256 where it gives them', ({ train, test }) => {
      for (const { image } of [...train, ...test]) {
        assert(
          image.hash === undefined || /^[0-9a-f]{64}$/u.test(image.hash),
          `image "${image.id}": hash is "${image.hash ?? ''}", expected 64 lower-case hex digits.`,
        );
      }
    }),
    check('lists the same samples in the same order every time', async (dataset) => {
      const again = await make();
      assertEqual(again.classes, dataset.classes, 'classes, listed again');
      assertEqual(listing(again.train), listing(dataset.train), 'training samples, listed again');
      assertEqual(listing(again.test), listing(dataset.test), 'test samples, listed again');
    }),
    check('opens its images, to the same bytes each time', async ({ train, test }) => {
      const samples = [...train, ...test];
      const step = Math.max(1, Math.floor(samples.length / (settings.opened ?? 16)));
      for (let i = 0; i < samples.length; i += step) {
        const { image } = samples[i]!;
        const once = await opened(image);
        assertEqual(await opened(image), once, `image "${image.id}", opened again`);
      }
    }),
  ];
}

/** What an image is made of; pixel counts are checked. */
async function opened({ id, source }: ImageRef): Promise<unknown> {
  const image = source.kind === 'lazy' ? await source.load() : source;
  if (image.kind === 'file') {
    assert(image.path !== '', `image "${id}": has an empty path.`);
    return image.path;
  }
  if (image.kind === 'encoded') {
    assert(image.bytes.length > 0, `image "${id}": has no bytes.`);
    return image.bytes;
  }
  const { width, height, data } = image;
  assert(
    width > 0 && height > 0 && data.length === width * height * 3,
    `image "${id}": ${data.length} bytes for ${width} × ${height} pixels, expected 3 a pixel.`,
  );
  return [width, height, data];
}
