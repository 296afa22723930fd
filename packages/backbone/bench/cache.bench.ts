/** Opening a cache of 10,000 features: target 0.3 s. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFeatureSource } from '@cl/backbone';
import { afterAll, bench, describe } from 'vitest';
import { backbone, image } from '../test/support/cache-writer.mjs';

const cacheDir = mkdtempSync(join(tmpdir(), 'cl-bench-'));
const refs = Array.from({ length: 10_000 }, (_, i) => image(i));
const filled = createFeatureSource(backbone(), { cacheDir });
await filled.images(refs);
await filled.dispose();
afterAll(() => {
  rmSync(cacheDir, { recursive: true });
});

describe('10,000 cached features of width 64', () => {
  bench('opened and read from disk', async () => {
    const source = createFeatureSource(backbone(), { cacheDir });
    await source.images(refs);
    if (source.statistics.computed > 0) throw new Error('some were not cached');
    await source.dispose();
  });
  bench('asked for again', async () => {
    await filled.images(refs);
  });
});
