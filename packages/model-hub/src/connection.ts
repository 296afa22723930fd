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
  /** As in {@link HubOptions}, for work that is more than one request. */
  readonly retries: number;
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
    retries: options.retries ?? defaultRetries,
  };
}

const defaultRetries = 3;

/** Longest pause that is waited for; a hub that wants a longer one is told of instead. */
const longestPauseMs = 300_000;

/** A hub that wants a pause longer than anybody waits. */
class PauseWanted extends Error {
  readonly seconds: number;
  constructor(seconds: number) {
    super(`a pause of ${seconds} s`);
    this.seconds = seconds;
  }
}

/** `fetch` that waits as long as a busy hub asks for, and tries again. */
function patient({ retries = defaultRetries, signal, onProgress }: HubOptions): typeof fetch {
  return async (input, init = {}) => {
    for (let attempt = 0; ; attempt += 1) {
      const last = attempt >= retries;
      try {
        const response = await fetch(input, { ...init, signal: signal ?? init.signal ?? null });
        if (last || (response.status !== 429 && response.status !== 503)) return response;
        await response.body?.cancel();
        const pause = pauseMs(response.headers.get('retry-after'), attempt);
        if (pause > longestPauseMs) throw new PauseWanted(Math.round(pause / 1000));
        const seconds = Math.ceil(pause / 1000);
        if (seconds > 1) onProgress?.({ phase: `pause of ${seconds} s`, done: 0, total: 1 });
        await sleep(pause, undefined, { signal });
      } catch (error) {
        const repeatable = (init.method ?? 'GET') === 'GET' && signal?.aborted !== true;
        if (last || !repeatable || error instanceof PauseWanted) throw error;
        await sleep(pauseMs(null, attempt), undefined, { signal });
      }
    }
  };
}

/** `Retry-After` is a number of seconds or a date; without one the pause doubles from a quarter of a second. */
function pauseMs(retryAfter: string | null, attempt: number): number {
  const text = retryAfter?.trim() ?? '';
  if (/^\d+$/u.test(text)) return Number(text) * 1000;
  const until = Date.parse(text);
  return Number.isNaN(until) ? 250 * 2 ** attempt : Math.max(0, until - Date.now());
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

/** The error to throw for what a hub, the network or the disk said. A ClError passes unchanged. */
export function hubError(error: unknown, { where, code, kept, signal }: FailureWords): ClError {
  if (isClError(error)) return error;
  try {
    throwIfAborted(where, signal);
  } catch (aborted) {
    return aborted as ClError;
  }
  const cause = { cause: error };
  if (error instanceof PauseWanted) {
    const text = `the hub is busy and asks for ${error.message}, expected at most ${longestPauseMs / 1000} s`;
    return new ClError(code, `${where}: ${text}. Try again after it. ${kept}`, cause);
  }
  if (error instanceof HubApiError) return answerError(error, { where, code, kept });
  if (isOfDisk(error)) {
    return new ClError(
      'IO_FAILED',
      `${where}: ${error.message}. Make room or allow writing, and try again. ${kept}`,
      cause,
    );
  }
  return new ClError(
    code,
    `${where}: the connection failed (${messageOf(error)}). Try again. ${kept}`,
    cause,
  );
}

function answerError(error: HubApiError, { where, code, kept }: FailureWords): ClError {
  const cause = { cause: error };
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

/** Errors of the file system name the call that failed; those of connections come wrapped, or with an address. */
export function isOfDisk(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && !('address' in error);
}

/** `fetch failed` says nothing; its cause does. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
