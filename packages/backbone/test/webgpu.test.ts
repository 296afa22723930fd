/**
 * The WebGPU provider, run for real on SwiftShader, the software Vulkan driver that comes with Debian's `chromium`.
 * In a process of its own: the driver is chosen by environment variables, and may crash.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { tinyClipPath } from '@cl/tiny-clip';
import { describe, expect, test } from 'vitest';
import { largestDifference } from './support/tiny-clip.ts';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const mustRun = process.env['CI'] === 'true';
const present = existsSync(driver);
if (!present && !mustRun) {
  console.warn(`webgpu.test.ts is skipped: ${driver} is absent (apt-get install chromium).`);
}

/** Features are about 1 to 5; other kernels sum in another order, in float32. */
const tolerance = 1e-4;

interface Outcome {
  readonly device: string;
  readonly cpu: number[];
  readonly webgpu: number[];
  readonly fingerprints: [string, string];
  readonly reports: { device: string; available: boolean; milliseconds?: number }[];
}

describe.skipIf(!present && !mustRun)('the WebGPU provider', () => {
  test('gives the features of the CPU to a tolerance, under a fingerprint of its own', async () => {
    const runtime = mkdtempSync(join(tmpdir(), 'cl-xdg-')); // mode 0700
    const script = fileURLToPath(new URL('support/webgpu-child.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, tinyClipPath], {
      env: {
        ...process.env,
        VK_ICD_FILENAMES: driver,
        XDG_RUNTIME_DIR: runtime,
        // chromium's own Vulkan loader, for machines without libvulkan1
        LD_LIBRARY_PATH: `${process.env['LD_LIBRARY_PATH'] ?? ''}:${dirname(driver)}`,
      },
      timeout: 280_000,
    });
    rmSync(runtime, { recursive: true });
    const outcome = JSON.parse(stdout.trim().split('\n').at(-1)!) as Outcome;
    expect(outcome.device).toBe('webgpu');
    expect(outcome.reports.find(({ device }) => device === 'webgpu')).toMatchObject({
      available: true,
    });
    expect(outcome.webgpu).toHaveLength(2 * 3 * 192); // three images and three texts
    expect(largestDifference(outcome.webgpu, outcome.cpu)).toBeLessThan(tolerance);
    expect(largestDifference(outcome.webgpu, outcome.cpu)).toBeGreaterThan(0); // it did not run on the CPU
    expect(outcome.fingerprints[0]).not.toBe(outcome.fingerprints[1]);
  }, 300_000);
});
