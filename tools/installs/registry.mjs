// @ts-check
// A registry of npm packages on this machine, for one scope: it answers for the tarballs that it is given, so that
// `@cl:registry=<url>` in an .npmrc installs @cl packages as if they were published. Everything else comes from npm's own.
import { createServer } from 'node:http';
import { basename } from 'node:path';
import { tarball } from './pack.mjs';

/** @typedef {import('./pack.mjs').Packed} Packed */

/**
 * Serves packages until `close` is called.
 *
 * @param {readonly Packed[]} packages
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function serveRegistry(packages) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = packages.find((one) => path === `/-/${basename(one.path)}`);
    if (file !== undefined) {
      response.end(await tarball(file));
      return;
    }
    const found = packages.find(({ name }) => path === `/${name}`);
    if (found === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(documentOf(found, url)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${address.port}/`;
  return { url, close: () => server.close() };
}

/**
 * What a registry says of a package.
 *
 * @param {Packed} packed
 * @param {string} url
 */
function documentOf({ name, version, path, integrity, manifest }, url) {
  const dist = { tarball: `${url}-/${basename(path)}`, integrity };
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
}
