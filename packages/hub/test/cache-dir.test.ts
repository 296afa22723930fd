import { resolve } from 'node:path';
import { defaultCacheDir } from '@cl/hub/node';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('the cache folder is $CL_CACHE_DIR, else under the home folder', () => {
  vi.stubEnv('CL_CACHE_DIR', 'here/cl');
  expect(defaultCacheDir()).toBe(resolve('here/cl'));
  vi.stubEnv('CL_CACHE_DIR', '');
  expect(defaultCacheDir()).toMatch(/\.cache[\\/]cl$/);
});
