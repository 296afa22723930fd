/** A server that speaks a hub's interface for one dataset repository, and can be told to misbehave. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from './archives.ts';

/** A running hub. */
export interface HubServer {
  readonly url: string;
  /** Requests so far, and the tokens that came with them. */
  readonly asked: string[];
  readonly tokens: (string | undefined)[];
  close(): Promise<void>;
}

/** How the hub differs from an honest one. */
export interface HubFaults {
  /** Answered to every request of the API, or to the first few. */
  readonly status?: number;
  readonly times?: number;
  /** Bytes that are served instead, by path. */
  readonly instead?: Readonly<Record<string, Buffer>>;
  /** Entries of a page of the file list. */
  readonly pageSize?: number;
  /** Said of every file's size, and announced when it is sent. */
  readonly size?: number;
  readonly body?: string;
}

export const commit = '0123456789abcdef0123456789abcdef01234567';

/** Serves `owner/birds` with these files; `main` is {@link commit}. */
export async function serveHub(
  files: Readonly<Record<string, Buffer>>,
  faults: HubFaults = {},
): Promise<HubServer> {
  const asked: string[] = [];
  const tokens: (string | undefined)[] = [];
  const entries = Object.entries(files).map(([path, bytes]) => ({
    type: 'file',
    path,
    size: faults.size ?? bytes.length,
    oid: createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex'),
    // Large files are kept by LFS, which knows their SHA-256; small ones by git.
    ...(path.endsWith('.md')
      ? {}
      : { lfs: { oid: sha256(bytes), size: faults.size ?? bytes.length } }),
  }));
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://hub');
    asked.push(url.pathname);
    tokens.push(request.headers.authorization);
    const json = (value: unknown, headers: Record<string, string> = {}): void => {
      response
        .writeHead(200, { 'content-type': 'application/json', ...headers })
        .end(faults.body ?? JSON.stringify(value));
    };
    const api = '/api/datasets/owner/birds';
    const resolve = `/datasets/owner/birds/resolve/${commit}/`;
    const faulty = faults.status !== undefined && asked.length <= (faults.times ?? Infinity);
    if (url.pathname.startsWith('/api/') && faulty) {
      response.writeHead(faults.status!).end('no');
    } else if (
      url.pathname === `${api}/revision/main` ||
      url.pathname === `${api}/revision/${commit}`
    ) {
      json({ id: 'owner/birds', sha: commit });
    } else if (url.pathname === `${api}/tree/${commit}`) {
      const from = Number(url.searchParams.get('cursor') ?? 0);
      const to = from + (faults.pageSize ?? 1000);
      const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}${url.pathname}`;
      const more = to < entries.length;
      const link = { link: `<${here}?recursive=true&cursor=${to}>; rel="next"` };
      json([{ type: 'directory', path: 'data' }, ...entries.slice(from, to)], more ? link : {});
    } else if (url.pathname.startsWith(resolve)) {
      const path = decodeURIComponent(url.pathname.slice(resolve.length));
      const bytes = faults.instead?.[path] ?? files[path];
      if (bytes === undefined) response.writeHead(404).end('no');
      else if (faults.size !== undefined) {
        response.writeHead(200, { 'content-length': faults.size }).write(bytes);
      } else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    } else response.writeHead(404).end('{"error":"Repository not found"}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    tokens,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
