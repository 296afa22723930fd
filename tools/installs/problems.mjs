// @ts-check
// What two checkers of packages say of a tarball: "are the types wrong?" and publint.
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { tarball } from './pack.mjs';

/** @typedef {import('./pack.mjs').Packed} Packed */

/**
 * Types that are missing or differ from what is imported, but for CommonJS and `moduleResolution: node10`: these are ES
 * modules.
 *
 * @param {Packed} packed
 * @returns {Promise<readonly string[]>}
 */
export async function typeProblems(packed) {
  const data = new Uint8Array(await tarball(packed));
  const result = await checkPackage(createPackageFromTarballData(data));
  if (!result.types) return ['no types'];
  const ours = result.problems.filter((problem) => {
    const resolution = 'resolutionKind' in problem ? problem.resolutionKind : undefined;
    return (
      problem.kind !== 'CJSResolvesToESM' && resolution !== 'node10' && resolution !== 'node16-cjs'
    );
  });
  return ours.map((problem) => JSON.stringify(problem));
}

/**
 * What publint says, suggestions included.
 *
 * @param {Packed} packed
 * @returns {Promise<readonly string[]>}
 */
export async function packageProblems(packed) {
  const { buffer, byteOffset, byteLength } = await tarball(packed);
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  const { messages } = await publint({
    pack: { tarball: /** @type {ArrayBuffer} */ (bytes) },
    strict: true,
  });
  return messages.map(({ code, path }) => `${code} at ${path.join('.')}`);
}
