/** Whether a Vulkan driver is installed: on Linux, WebGPU runs on Vulkan and on nothing else. */
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Variables that name drivers, or folders to look for them in, beside the usual ones. */
const variables = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'];

/**
 * Looks where Vulkan's loader looks for driver manifests (its document "LoaderDriverInterface", section "Driver
 * Discovery"): a few folders are listed, nothing is loaded.
 */
export function hasVulkanDriver(
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  if (variables.some((name) => (env[name] ?? '') !== '')) return true;
  const home = env['HOME'] ?? homedir();
  const roots = [
    env['XDG_CONFIG_HOME'] ?? join(home, '.config'),
    ...split(env['XDG_CONFIG_DIRS'] ?? '/etc/xdg'),
    '/etc',
    '/usr/local/etc',
    env['XDG_DATA_HOME'] ?? join(home, '.local/share'),
    ...split(env['XDG_DATA_DIRS'] ?? '/usr/local/share:/usr/share'),
  ];
  return roots.some((root) => holdsManifest(join(root, 'vulkan', 'icd.d')));
}

function split(list: string): readonly string[] {
  return list.split(delimiter).filter((part) => part !== '');
}

function holdsManifest(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith('.json'));
  } catch {
    return false; // no such folder, or not for us to read: the loader would not find a driver there either
  }
}
