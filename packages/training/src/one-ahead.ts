/** Fetching what comes next while the present is worked on. */
import { throwIfAborted, type WorkOptions } from '@cl/hub';

/** What {@link oneAhead} fetches. */
export interface AheadOptions<T> extends Pick<WorkOptions, 'signal'> {
  readonly from: number;
  readonly to: number;
  /** Fetches the item with this number. The signal fires too when nobody wants it any more. */
  readonly fetch: (index: number, signal: AbortSignal) => Promise<T>;
}

/** The items `from` to `to` − 1 in order; the one after the current is under way. Leaving early cancels it. */
export async function* oneAhead<T>({
  from,
  to,
  fetch,
  signal,
}: AheadOptions<T>): AsyncGenerator<T, void, void> {
  const stop = new AbortController();
  const own = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const start = (index: number): Promise<T> | undefined => {
    if (index >= to) return undefined;
    const item = fetch(index, own);
    item.catch(() => undefined); // it is awaited in its turn, or nobody cares any more
    return item;
  };
  try {
    let ahead = start(from);
    for (let index = from; ahead !== undefined; index += 1) {
      throwIfAborted('batches', signal);
      const item: T = await ahead;
      throwIfAborted('batches', signal);
      ahead = start(index + 1);
      yield item;
    }
  } finally {
    stop.abort();
  }
}
