/** How a hub is reached: its address, its token, patience with it, and its answers in the words of the toolkit. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ClError, isClError, throwIfAborted, type WorkOptions } from '@cl/hub';
import { HubApiError } from '@huggingface/hub';

/** What all calls to a hub take. */
export interface HubOptions extends WorkOptions {
  /** Default `$HF_ENDPOINT`, else `https://huggingface.co`. */
  readonly hubUrl?: string | undefined;
  /** Default `$HF_TOKEN`. Sent to the hub and to nobody else; never written anywhere. */
  readonly token?: string | undefined;
  /** How often a request is made again when the hub is busy (429, 503) or the connection breaks; default 3. */
  readonly retries?: number | undefined;
}

/** A hub, ready for the functions of `@huggingface/hub`. */
export interface Connection {
  readonly hubUrl: string;
  readonly accessToken?: string;
  readonly fetch: typeof fetch;
}

/** A hub as options and environment name it. */
export function connect(where: string, options: HubOptions): Connection {
  const named = process.env['HF_ENDPOINT'] ?? '';
  const usual = named === '' ? 'https://huggingface.co' : named;
  const hubUrl = (options.hubUrl ?? usual).replace(/\/+$/u, '');
  if (!URL.canParse(hubUrl)) {
    throw new ClError(
      'INVALID_OPTION',
      `${where}: the hub's address is ${JSON.stringify(hubUrl)}, expected a URL. Write https://… .`,
    );
  }
  const token = options.token ?? process.env['HF_TOKEN'];
  return {
    hubUrl,
    ...(token !== undefined && token !== '' && { accessToken: token }),
    fetch: patient(options),
  };
}

/** `fetch` that waits as long as a busy hub asks for, at most half a minute, and tries again. */
function patient({ retries = 3, signal }: HubOptions): typeof fetch {
  return async (input, init = {}) => {
    for (let attempt = 0; ; attempt += 1) {
      const last = attempt >= retries;
      try {
        const response = await fetch(input, { ...init, signal: signal ?? init.signal ?? null });
        if (last || (response.status !== 429 && response.status !== 503)) return response;
        await response.body?.cancel();
        await sleep(waitFor(response.headers.get('retry-after'), attempt), undefined, { signal });
      } catch (error) {
        const repeatable = (init.method ?? 'GET') === 'GET' && signal?.aborted !== true;
        if (last || !repeatable) throw error;
        await sleep(waitFor(null, attempt), undefined, { signal });
      }
    }
  };
}

function waitFor(retryAfter: string | null, attempt: number): number {
  const asked = Number(retryAfter ?? Number.NaN) * 1000;
  return Math.min(30_000, Number.isFinite(asked) ? asked : 250 * 2 ** attempt);
}

/** What a failure means to the caller. */
export interface FailureWords {
  /** Opens the sentence: what was being done with what. */
  readonly where: string;
  /** For everything that is neither missing nor forbidden. */
  readonly code: 'DOWNLOAD_FAILED' | 'UPLOAD_FAILED';
  /** Closes it: what is still whole. */
  readonly kept: string;
  readonly signal?: AbortSignal | undefined;
}

/** The error to throw for what a hub or the network said. A ClError passes unchanged. */
export function hubError(error: unknown, { where, code, kept, signal }: FailureWords): ClError {
  if (isClError(error)) return error;
  try {
    throwIfAborted(where, signal);
  } catch (aborted) {
    return aborted as ClError;
  }
  const cause = { cause: error };
  if (!(error instanceof HubApiError)) {
    const text = messageOf(error);
    return new ClError(
      code,
      `${where}: the connection failed (${text}). Try again. ${kept}`,
      cause,
    );
  }
  const { statusCode } = error;
  if (statusCode === 401 || statusCode === 403) {
    return new ClError(
      'ACCESS_DENIED',
      `${where}: the hub answered ${statusCode}, expected to be let in. Set HF_TOKEN to a token with the rights for it, and ` +
        `check the name: a hub says the same of what does not exist. ${kept}`,
      cause,
    );
  }
  if (statusCode === 404) {
    return new ClError(
      'NOT_FOUND',
      `${where}: the hub answered 404. Check the name and the revision. ${kept}`,
      cause,
    );
  }
  const busy = statusCode === 429 ? 'It asks for a pause: try again later' : 'Try again later';
  return new ClError(code, `${where}: the hub answered ${statusCode}. ${busy}. ${kept}`, cause);
}

/** `fetch failed` says nothing; its cause does. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
