/** Fetches one file of a model, whole or not at all. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ClError, throwIfAborted, type WorkOptions } from '@cl/hub';

/** What to fetch and where it goes. */
export interface Download {
  readonly address: string;
  /** Path of the file; `<target>.absent` is left behind when an optional file does not exist. */
  readonly target: string;
  readonly optional: boolean;
  /** Names the file in progress and errors. */
  readonly label: string;
}

/**
 * Streams a file beside its target and renames it when it is complete, so that a killed process or a full disk
 * leaves no half file, and two processes at once do no harm. `$HF_TOKEN` is sent to huggingface.co only.
 *
 * @throws ClError `NOT_FOUND` on 404, `DOWNLOAD_FAILED` on any other failure or a short body, `ABORTED`.
 */
export async function fetchFile(download: Download, work: WorkOptions): Promise<void> {
  const { address, target, optional, label } = download;
  throwIfAborted(`download of ${label}`, work.signal);
  const response = await request(download, work);
  if (response.status === 404 && optional) {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(`${target}.absent`, '');
    return;
  }
  if (!response.ok || response.body === null) throw refused(download, response.status);
  const total = Number(response.headers.get('content-length') ?? 0);
  const encoded = response.headers.get('content-encoding') !== null; // then the length is that of the wire
  let done = 0;
  async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      done += chunk.length;
      work.onProgress?.({ phase: `download ${label}`, done, total: Math.max(total, done) });
      yield chunk;
    }
  }
  const partial = `${target}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(target), { recursive: true });
    const body = Readable.fromWeb(response.body);
    await pipeline(body, counted, createWriteStream(partial, { flush: true }), {
      ...(work.signal && { signal: work.signal }),
    });
    if (total > 0 && !encoded && done !== total) {
      throw new Error(`the connection ended after ${done} of ${total} bytes`);
    }
    await rename(partial, target);
  } catch (cause) {
    await rm(partial, { force: true });
    throwIfAborted(`download of ${label}`, work.signal);
    throw failed(address, label, cause);
  }
}

async function request({ address, label }: Download, { signal }: WorkOptions): Promise<Response> {
  const token = process.env['HF_TOKEN'];
  const toHub = /^https:\/\/(huggingface\.co|hf\.co)\//u.test(address);
  try {
    return await fetch(address, {
      ...(signal && { signal }),
      headers: toHub && token ? { authorization: `Bearer ${token}` } : {},
    });
  } catch (cause) {
    throwIfAborted(`download of ${label}`, signal);
    throw failed(address, label, cause);
  }
}

function refused({ address, label }: Download, status: number): ClError {
  if (status === 404) {
    return new ClError(
      'NOT_FOUND',
      `backbone: "${label}" does not exist at ${address}. Check the model's id, the revision, and the dtype, ` +
        'which decides the names under onnx/; the model needs ONNX files, as those of Xenova and onnx-community have.',
    );
  }
  const advice =
    status === 401 || status === 403
      ? 'The model may not exist, or be private or gated: check its id and set HF_TOKEN.'
      : 'Try again later, or name another hub with the option mirror.';
  return new ClError('DOWNLOAD_FAILED', `backbone: ${address} answered ${status}. ${advice}`);
}

function failed(address: string, label: string, cause: unknown): ClError {
  const inner = (cause as { cause?: unknown } | null)?.cause ?? cause;
  return new ClError(
    'DOWNLOAD_FAILED',
    `backbone: "${label}" could not be fetched from ${address}: ${(inner as Error).message}. ` +
      'Check the network and the disk; offline, name a local folder as model, or a mirror with the option mirror.',
    { cause },
  );
}
