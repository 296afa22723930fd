// @ts-check
// Packs everything once and serves it until the last test is done.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packAll } from './pack.mjs';
import { serveRegistry } from './registry.mjs';

/** @param {import('vitest/node').TestProject} project */
export default async function setup(project) {
  const folder = await mkdtemp(join(tmpdir(), 'cl-installs-'));
  const packed = await packAll(folder);
  const registry = await serveRegistry(packed);
  project.provide('folder', folder);
  project.provide('packed', packed);
  project.provide('registry', registry.url);
  return async () => {
    registry.close();
    await rm(folder, { recursive: true, force: true });
  };
}
