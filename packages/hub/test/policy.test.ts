// What CONTRIBUTING.md promises of the protocol's version and of error codes, as far as a machine can see it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  assertPlugin,
  defineLearner,
  errorCatalogue,
  protocolVersion,
  type LearnerPlugin,
} from '@cl/hub';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Codes that were ever released. Only ever add to it. */
const released = `
  ABORTED ACCESS_DENIED CHECKSUM_MISMATCH CORRUPT_FILE DEVICE_UNAVAILABLE DISPOSED DOWNLOAD_FAILED DUPLICATE_CLASS EMPTY_CLASS
  EMPTY_STREAM INCOMPATIBLE_PLUGINS INVALID_CONFIG INVALID_DATA INVALID_MODEL INVALID_OPTION IO_FAILED NON_FINITE NOT_FOUND
  NOT_LEARNED NOT_POSITIVE_DEFINITE NOT_SUPPORTED OUT_OF_MEMORY OUT_OF_ORDER PLUGIN_FAILED PROTOCOL_VERSION SHAPE_MISMATCH
  UNKNOWN_CLASS UNKNOWN_OPTION UNKNOWN_PLUGIN UNREADABLE_IMAGE UPLOAD_FAILED WRONG_BACKBONE`
  .trim()
  .split(/\s+/u);

test('every code that was released is still there, and new ones are listed with the release', () => {
  expect(Object.keys(errorCatalogue).sort()).toEqual(released.sort());
});

test('a move of the protocol comes with a page on what to change in a plugin', () => {
  const pages = Array.from({ length: protocolVersion - 1 }, (_, i) => `protocol-${i + 2}.md`);
  for (const page of pages) expect(existsSync(join(root, 'packages/hub/docs', page))).toBe(true);
  expect(protocolVersion).toBe(pages.length + 1);
});

test('the examples have made the step', () => {
  const examples = readdirSync(join(root, 'examples'));
  expect(examples.length).toBeGreaterThanOrEqual(3);
  for (const name of examples) {
    const manifest = JSON.parse(
      readFileSync(join(root, 'examples', name, 'package.json'), 'utf8'),
    ) as { cl: { protocol: number } };
    expect([name, manifest.cl.protocol]).toEqual([name, protocolVersion]);
  }
});

// A plugin as somebody wrote it for version 1, with the members that were required then and no others. It is not to be
// extended: when it stops compiling or working, the protocol has moved.
const first: LearnerPlugin = defineLearner({
  name: 'first',
  description: 'Of the first version.',
  defaults: {},
  help: {},
  schema: {
    '~standard': { version: 1, vendor: 'me', validate: (value) => ({ value: value as object }) },
  },
  needs: ['image-features'],
  scenarios: ['class-incremental'],
  capabilities: () => ({
    exemplarFree: true,
    mergeable: false,
    unlearn: false,
    deterministic: true,
    openVocabulary: false,
  }),
  create: async () => ({
    classes: [],
    experiences: 0,
    learn: async () => undefined,
    predict: async () => ({ classes: [], values: new Float32Array(0), sources: [] }),
    save: async () => ({ classes: [], experiences: 0, values: {}, tensors: {} }),
    dispose: async () => undefined,
  }),
  restore: (_, options, context) => first.create(options, context),
});

test('a plugin with what version 1 asked for, and no more, is still one', () => {
  expect(() => {
    assertPlugin('learner', { ...first, '~cl': { version: 1, kind: 'learner' } });
  }).not.toThrow();
});
