import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'cl-vulkan-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** What is said of WebGPU where Vulkan's loader finds drivers in one folder of the user at most. */
async function reason(drivers: readonly string[]): Promise<string> {
  const home = mkdtempSync(join(root, 'home-'));
  const folder = join(home, '.local/share/vulkan/icd.d');
  mkdirSync(folder, { recursive: true });
  for (const name of drivers) writeFileSync(join(folder, name), '{}');
  const script = fileURLToPath(new URL('support/devices-child.mjs', import.meta.url));
  const env = { PATH: process.env['PATH'], HOME: home, XDG_DATA_DIRS: home, XDG_CONFIG_DIRS: home };
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
  return stdout.trim();
}

const driverless = process.platform === 'linux' && !existsSync('/etc/vulkan/icd.d');

test.runIf(driverless)(
  'WebGPU is not tried without a Vulkan driver, and tried where a manifest names one',
  async () => {
    expect(await reason([])).toBe('no Vulkan driver is installed');
    expect(await reason(['notes.txt'])).toBe('no Vulkan driver is installed');
    expect(await reason(['broken.json'])).not.toBe('no Vulkan driver is installed');
  },
);
