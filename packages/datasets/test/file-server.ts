/** A real HTTP server with files on it, which can also fail, stall, lie and cut the connection. */
import { statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with a request. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, file: Buffer) => void;

/** A running server. */
export interface FileServer {
  /** The folder of the files. */
  readonly url: string;
  /** What was asked for so far. */
  readonly paths: string[];
  /** The `range` header of each request so far, `-` where there was none. */
  readonly ranges: string[];
  close(): Promise<void>;
}

/**
 * Serves files by the last part of their path, or one file whatever it is called; request i is answered by behaviour i,
 * the last of them goes on. What is not there gives 404.
 */
export async function serve(
  files: Buffer | Readonly<Record<string, Buffer>>,
  ...behaviours: readonly Behaviour[]
): Promise<FileServer> {
  const ranges: string[] = [];
  const paths: string[] = [];
  const server: Server = createServer((request, response) => {
    const behaviour = behaviours[Math.min(ranges.length, behaviours.length - 1)]!;
    ranges.push(request.headers.range ?? '-');
    paths.push(request.url ?? '');
    const name = decodeURIComponent(new URL(request.url!, 'http://x').pathname).split('/').at(-1)!;
    const file = Buffer.isBuffer(files) ? files : files[name];
    if (file === undefined) response.writeHead(404).end('no');
    else behaviour(request, response, file);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ranges,
    paths,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Honours ranges, as the authors' server does. */
export const honest: Behaviour = (request, response, file) => {
  const from = Number(/^bytes=(\d+)-$/u.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from === 0) return void response.writeHead(200, { 'content-length': file.length }).end(file);
  if (from >= file.length) return void response.writeHead(416).end();
  response
    .writeHead(206, {
      'content-length': file.length - from,
      'content-range': `bytes ${from}-${file.length - 1}/${file.length}`,
    })
    .end(file.subarray(from));
};

/** Knows no ranges. */
export const wholeOnly: Behaviour = (_, response, file) => {
  response.writeHead(200, { 'content-length': file.length }).end(file);
};

/** Promises the whole, and cuts the connection once so many bytes of it are in the client's file. */
export function cutAfter(bytes: number, part: () => string): Behaviour {
  return (_, response, file) => {
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, bytes));
    const watch = setInterval(() => {
      if ((statSync(part(), { throwIfNoEntry: false })?.size ?? 0) < bytes) return;
      clearInterval(watch);
      response.destroy();
    }, 5);
    response.on('close', () => clearInterval(watch));
  };
}

/** Sends so many bytes, then nothing more, and keeps the line open. */
export function stallAfter(bytes: number): Behaviour {
  return (_, response, file) => {
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, bytes));
  };
}

/** Answers with a status and no file. */
export function status(code: number, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return (_, response) => void response.writeHead(code, headers).end('no');
}

/** Answers with a page for people, as file hosts do when they want something first. */
export const webPage: Behaviour = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>too many users');
};
