/** A hub on this machine: the paths of huggingface.co that push and pull use, and faults to order. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request is answered with in place of the truth. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A running hub. */
export interface FakeHub {
  readonly url: string;
  /** Files of each commit, by repository and commit. */
  readonly commits: Map<string, Map<string, Buffer>>;
  /** The commit of each branch, by `repository@branch`. */
  readonly branches: Map<string, string>;
  /** `METHOD path` of everything that was asked for. */
  readonly requests: string[];
  /** The tokens that came along, but for the storage's: its addresses are signed. */
  readonly tokens: Set<string>;
  /** Asked first; says whether it answered. */
  fault: Fault | undefined;
  close(): Promise<void>;
}

/** Starts one. Files over 300 bytes go through LFS, as on a hub that keeps tensors there. */
export async function startHub(): Promise<FakeHub> {
  const repositories = new Set<string>();
  const objects = new Map<string, Buffer>();
  const hub = {
    url: '',
    commits: new Map<string, Map<string, Buffer>>(),
    branches: new Map<string, string>(),
    requests: [] as string[],
    tokens: new Set<string>(),
    fault: undefined as Fault | undefined,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    void answer(request, response);
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = decodeURIComponent(new URL(request.url!, 'http://hub').pathname);
    hub.requests.push(`${request.method} ${path}`);
    if (!path.startsWith('/lfs/')) hub.tokens.add(request.headers.authorization ?? 'none');
    const body = await bodyOf(request);
    if (hub.fault?.(request, response) === true) return;
    const json = (value: unknown, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    const missing = (): void => json({ error: 'Repository not found' }, 404);
    let match;
    if (path === '/api/repos/create') {
      const { name, organization } = JSON.parse(body.toString()) as Record<string, string>;
      const id = organization === undefined ? `me/${name}` : `${organization}/${name}`;
      if (repositories.has(id)) return json({ error: 'exists' }, 409);
      repositories.add(id);
      json({ url: `${hub.url}/${id}` });
    } else if ((match = /^\/api\/models\/(.+\/.+)\/preupload\/(.+)$/u.exec(path)) !== null) {
      if (!repositories.has(match[1]!)) return missing();
      const { files } = JSON.parse(body.toString()) as { files: { path: string; size: number }[] };
      json({
        files: files.map((file) => ({
          path: file.path,
          uploadMode: file.size > 300 ? 'lfs' : 'regular',
        })),
      });
    } else if (path.endsWith('/info/lfs/objects/batch')) {
      const { objects: wanted } = JSON.parse(body.toString()) as {
        objects: { oid: string; size: number }[];
      };
      json({
        transfer: 'basic',
        objects: wanted.map(({ oid, size }) => ({
          ...{ oid, size },
          ...(objects.has(oid) ? {} : { actions: { upload: { href: `${hub.url}/lfs/${oid}` } } }),
        })),
      });
    } else if ((match = /^\/lfs\/([0-9a-f]{64})$/u.exec(path)) !== null) {
      if (createHash('sha256').update(body).digest('hex') !== match[1]) return json({}, 400);
      objects.set(match[1], body);
      response.end();
    } else if ((match = /^\/api\/models\/(.+\/.+)\/commit\/(.+)$/u.exec(path)) !== null) {
      const [, id, branch] = match as unknown as [string, string, string];
      const files = new Map(hub.commits.get(`${id}@${hub.branches.get(`${id}@${branch}`)}`));
      for (const line of body.toString().trim().split('\n')) {
        const { key, value } = JSON.parse(line) as { key: string; value: Record<string, string> };
        if (key === 'file') files.set(value['path']!, Buffer.from(value['content']!, 'base64'));
        if (key === 'lfsFile') files.set(value['path']!, objects.get(value['oid']!)!);
      }
      const commit = randomBytes(20).toString('hex');
      hub.commits.set(`${id}@${commit}`, files);
      hub.branches.set(`${id}@${branch}`, commit);
      json({ commitOid: commit, commitUrl: `${hub.url}/${id}/commit/${commit}`, hookOutput: '' });
    } else if ((match = /^\/api\/models\/(.+?\/.+?)\/revision\/(.+)$/u.exec(path)) !== null) {
      const commit = hub.branches.get(`${match[1]}@${match[2]}`);
      if (commit === undefined) return missing();
      json({
        _id: 'x',
        id: match[1],
        sha: commit,
        private: true,
        gated: false,
        downloads: 0,
        likes: 0,
        lastModified: '2025-01-01T00:00:00.000Z',
      });
    } else if ((match = /^\/api\/models\/(.+?\/.+?)\/tree\/([^/]+)$/u.exec(path)) !== null) {
      const [, id, revision] = match as unknown as [string, string, string];
      const commit = hub.branches.get(`${id}@${revision}`) ?? revision;
      const files = hub.commits.get(`${id}@${commit}`);
      if (files === undefined) return missing();
      json([...files].map(([name, content]) => treeEntry(name, content)));
    } else if ((match = /^\/(.+?\/.+?)\/resolve\/([^/]+)\/(.+)$/u.exec(path)) !== null) {
      const content = hub.commits.get(`${match[1]}@${match[2]}`)?.get(match[3]!);
      if (content === undefined) {
        response.setHeader('x-error-code', 'EntryNotFound');
        return json({ error: 'Entry not found' }, 404);
      }
      send(request, response, content);
    } else missing();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hub;
}

/** What a hub's tree says of a file: git's hash of it, or of the pointer that LFS keeps in its place. */
function treeEntry(path: string, content: Buffer): object {
  const sha = createHash('sha256').update(content).digest('hex');
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha}\nsize ${content.length}\n`;
  const isLfs = content.length > 300;
  const blob = isLfs ? Buffer.from(pointer) : content;
  const oid = createHash('sha1').update(`blob ${blob.length}\0`).update(blob).digest('hex');
  const lfs = { oid: sha, size: content.length, pointerSize: pointer.length };
  return { type: 'file', path, size: content.length, oid, ...(isLfs && { lfs }) };
}

/** A file, or the part of it that a `Range` asks for. */
export function send(request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  const range = /^bytes=(\d+)-(\d*)$/u.exec(request.headers.range ?? '');
  const etag = createHash('sha256').update(content).digest('hex');
  if (range === null) {
    response.writeHead(200, { etag, 'content-length': content.length });
    response.end(content);
    return;
  }
  const from = Number(range[1]);
  const to = range[2] === '' ? content.length - 1 : Math.min(Number(range[2]), content.length - 1);
  response.writeHead(206, { etag, 'content-range': `bytes ${from}-${to}/${content.length}` });
  response.end(content.subarray(from, to + 1));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
