import {
  resolveOptions,
  type Backbone,
  type BackbonePlugin,
  type ImageRef,
  type Matrix,
  type Progress,
  type WorkOptions,
} from '@cl/hub';
import { assert, assertEqual, assertRefuses, type Check } from './check.ts';
import {
  assertClose,
  assertFinite,
  assertSameBits,
  pickRows,
  roundingTolerance,
} from './compare.ts';
import { syntheticImages, unreadableImages } from './fixtures/synthetic-images.ts';
import { pluginChecks } from './plugin-checks.ts';
import { assertUntouched } from './untouched.ts';

/** How a backbone is checked. */
export interface BackboneCheckSettings {
  /** At least four readable images, no two alike; default synthetic ones in memory. */
  readonly images?: readonly ImageRef[];
  /** At least three texts, no two alike. */
  readonly texts?: readonly string[];
  /** Between batches, relative to the largest feature; default 1e-4 (float32). */
  readonly tolerance?: number;
}

/** Features of a list of things, whichever tower makes them. */
type Embed = (items: readonly unknown[], work?: WorkOptions) => Promise<Matrix<Float32Array>>;

/**
 * The checks that a backbone plugin has to pass under these options. They share one loaded backbone, which the last
 * of them disposes of; a check run alone loads its own.
 */
export function backboneChecks<O extends object>(
  plugin: BackbonePlugin<O>,
  options: Partial<O> = {},
  settings: BackboneCheckSettings = {},
): readonly Check[] {
  const images = settings.images ?? syntheticImages(9);
  const texts = settings.texts ?? ['a photo of a cat.', 'a drawing of a house', 'the letter B'];
  const tolerance = settings.tolerance ?? roundingTolerance;
  const load = async (): Promise<Backbone> =>
    plugin.create(await resolveOptions(plugin, options as Record<string, unknown>));
  let shared: Promise<Backbone> | undefined;
  const check = (name: string, verify: (backbone: Backbone) => Promise<void>): Check => ({
    name,
    run: async () => verify(await (shared ??= load())),
  });
  const towers = (kind: string, items: readonly unknown[], of: (backbone: Backbone) => Embed) =>
    towerChecks(kind, items, tolerance, (name, verify) =>
      check(name, (backbone) => verify(of(backbone), backbone.featureDim)),
    );
  return [
    check('is given images and texts that are not too few', async () => {
      assert(images.length >= 4, `images: ${images.length}, expected at least 4.`);
      assert(texts.length >= 3, `texts: ${texts.length}, expected at least 3.`);
    }),
    ...pluginChecks('backbone', plugin),
    check('describes itself', async (backbone) => {
      assertDescription(backbone, plugin);
    }),
    ...towers(
      'images',
      images,
      (backbone) => (items, work) => backbone.embedImages(items as readonly ImageRef[], work),
    ),
    check('leaves the images unmodified', async (backbone) => {
      await assertUntouched(images, 'images', async () => {
        await backbone.embedImages(images);
      });
    }),
    check('refuses unreadable images, naming every one', async (backbone) => {
      const mixed = [images[0]!, unreadableImages[0]!, images[1]!, unreadableImages[1]!];
      const message = await assertRefuses(
        () => backbone.embedImages(mixed),
        ['UNREADABLE_IMAGE'],
        'embedImages with unreadable images',
      );
      for (const { id } of unreadableImages) {
        assert(message.includes(id), `message: "${message}" does not name "${id}".`);
      }
      await backbone.embedImages(images.slice(0, 1)); // still works
    }),
    ...(plugin.provides.includes('text-features')
      ? towers('texts', texts, (backbone) => async (items, work) => {
          assert(backbone.embedTexts !== undefined, 'embedTexts: missing, expected with texts.');
          return backbone.embedTexts(items as readonly string[], work);
        })
      : []),
    check('has the same fingerprint when loaded again', async (backbone) => {
      const again = await load();
      try {
        assertEqual(again.fingerprint, backbone.fingerprint, 'fingerprint, loaded again');
        const [once, twice] = [await backbone.embedImages(images), await again.embedImages(images)];
        assertClose(twice.data, once.data, tolerance, 'features, loaded again');
      } finally {
        await again.dispose();
      }
    }),
    check('disposes twice, then refuses everything', async (backbone) => {
      shared = undefined;
      await backbone.dispose();
      await backbone.dispose();
      await assertRefuses(() => backbone.embedImages(images), ['DISPOSED'], 'embedImages');
      if (backbone.embedTexts === undefined) return;
      await assertRefuses(() => backbone.embedTexts!(texts), ['DISPOSED'], 'embedTexts');
    }),
  ];
}

/** What both towers promise of features. */
function towerChecks(
  kind: string,
  items: readonly unknown[],
  tolerance: number,
  check: (name: string, verify: (embed: Embed, width: number) => Promise<void>) => Check,
): readonly Check[] {
  return [
    check(`gives ${kind} one row of finite features each, no two alike`, async (embed, width) => {
      const { rows, cols, data } = await embed(items);
      assertEqual([rows, cols], [items.length, width], 'rows and columns');
      assertEqual(data.length, rows * cols, 'number of features');
      assertFinite(data, 'features');
      const distinct = new Set(items.map((_, i) => String(pickRows(data, cols, [i]))));
      assertEqual(distinct.size, items.length, 'rows that differ from each other');
    }),
    check(`gives ${kind} the same features exactly when repeated`, async (embed) => {
      const once = await embed(items);
      const copy = once.data.slice();
      once.data.fill(0); // the caller owns it: a cache that hands out its own memory shows here
      assertSameBits((await embed(items)).data, copy, 'embedded twice');
    }),
    check(`gives ${kind} features in their order, alike in every batch`, async (embed) => {
      const { data, cols } = await embed(items);
      const order = items.map((_, i) => items.length - 1 - i);
      const reversed = await embed(order.map((i) => items[i]!));
      assertClose(reversed.data, pickRows(data, cols, order), tolerance, 'in reverse order');
      for (const i of order) {
        const alone = await embed([items[i]!]);
        assertClose(alone.data, pickRows(data, cols, [i]), tolerance, `item ${i} alone`);
      }
    }),
    check(`gives no ${kind} no rows`, async (embed, width) => {
      const { rows, cols, data } = await embed([]);
      assertEqual([rows, cols, data.length], [0, width, 0], 'rows, columns and length');
    }),
    check(`reports progress on ${kind} up to the end`, async (embed) => {
      const reports: Progress[] = [];
      await embed(items, { onProgress: (progress) => reports.push(progress) });
      const done = reports.map((report) => report.done);
      assert(reports.length > 0, 'progress: nothing was reported.');
      assertEqual(
        done,
        done.toSorted((a, b) => a - b),
        'progress, in ascending order',
      );
      assertEqual(done.at(-1), reports.at(-1)!.total, 'progress at the end, against its total');
    }),
    check(`refuses ${kind} when aborted`, async (embed) => {
      const signal = AbortSignal.abort();
      await assertRefuses(() => embed(items, { signal }), ['ABORTED'], `embed ${kind}`);
      await embed(items.slice(0, 1)); // still works
    }),
  ];
}

function assertDescription(backbone: Backbone, plugin: Pick<BackbonePlugin, 'provides'>): void {
  const { fingerprint, capabilities, featureDim, imageSize, logitScale } = backbone;
  assert(
    /^[0-9a-f]{64}$/u.test(fingerprint),
    `fingerprint: found "${fingerprint}", expected 64 lower-case hex digits.`,
  );
  for (const [name, size] of Object.entries({ featureDim, imageSize })) {
    assert(
      Number.isInteger(size) && size > 0,
      `${name}: found ${size}, expected a positive count.`,
    );
  }
  for (const [name, text] of Object.entries({
    id: backbone.id,
    device: backbone.device,
    dtype: backbone.dtype,
  })) {
    assert(text !== '', `${name}: found an empty text.`);
  }
  const more = capabilities.find((capability) => !plugin.provides.includes(capability));
  assert(
    more === undefined,
    `capabilities: "${more ?? ''}" is not among those the plugin provides.`,
  );
  assert(capabilities.includes('image-features'), 'capabilities: without image-features.');
  const texts = capabilities.includes('text-features');
  assertEqual(backbone.embedTexts !== undefined, texts, 'has embedTexts, against text-features');
  assertEqual(
    backbone.graph !== undefined,
    capabilities.includes('graph'),
    'has graph, against graph',
  );
  assertEqual(
    backbone.pixels !== undefined,
    capabilities.includes('graph'),
    'has pixels, against graph',
  );
  assertEqual(logitScale !== undefined, texts, 'has logitScale, against text-features');
  assert(
    logitScale === undefined || (Number.isFinite(logitScale) && logitScale > 0),
    `logitScale: found ${logitScale ?? 0}, expected a positive number.`,
  );
}
