/** Features on demand, computed once: what learners are given instead of a backbone. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  ClError,
  isClError,
  throwIfAborted,
  type Backbone,
  type FeatureSource,
  type ImageRef,
  type Matrix,
  type WorkOptions,
} from '@cl/hub';
import { imageKey, unreadableImages } from '@cl/images';
import { defaultCacheDir } from '@cl/hub/node';
import { FeatureCache } from './feature-cache.ts';

/** Options of {@link createFeatureSource}. */
export interface FeatureSourceOptions {
  /** Cache folder; `false`: memory alone; absent: {@link defaultCacheDir}. */
  readonly cacheDir?: string | false;
}

/** A feature source that holds files open. */
export interface CachedFeatureSource extends FeatureSource {
  /** How many images and texts were asked of the backbone so far, and how many were known. */
  readonly statistics: { readonly computed: number; readonly cached: number };
  /** Closes the cache's files, not the backbone; safe to call twice. */
  dispose(): Promise<void>;
}

/** Inputs embedded between two writes to the cache: what a killed process loses at most. */
const chunk = 256;

/** Images hashed at the same time. */
const hashedAtOnce = 8;

/**
 * Puts a cache before a backbone, keyed by the backbone's fingerprint and the content of images
 * (`imageKey` of `@cl/images`) or texts (SHA-256). Processes may share the folder. The hash of an `ImageRef` is computed once
 * for the life of the object.
 *
 * `images` and `texts` throw as the backbone does, and ClError `NON_FINITE` when it gives NaN or infinities, which
 * are never cached.
 */
export function createFeatureSource(
  backbone: Backbone,
  options: FeatureSourceOptions = {},
): CachedFeatureSource {
  const { cacheDir = defaultCacheDir() } = options;
  const { fingerprint, featureDim, logitScale } = backbone;
  const folder = cacheDir === false ? undefined : join(cacheDir, 'features', fingerprint);
  const cache = new FeatureCache(folder, featureDim);
  const seen = new WeakMap<ImageRef, string>(); // keys of images
  const statistics = { computed: 0, cached: 0 };

  const lookUp = async <T>(
    what: string,
    inputs: readonly T[],
    keys: readonly string[],
    embed: (inputs: readonly T[], work: WorkOptions) => Promise<Matrix<Float32Array>>,
    { signal, onProgress }: WorkOptions,
  ): Promise<Matrix<Float32Array>> => {
    const data = new Float32Array(inputs.length * featureDim);
    const missing = new Map<string, number[]>();
    for (let start = 0; start < keys.length; start += chunk) {
      throwIfAborted(what, signal);
      const known = await cache.get(keys.slice(start, start + chunk));
      for (let i = start; i < Math.min(keys.length, start + chunk); i += 1) {
        const key = keys[i]!;
        const row = known.get(key);
        const twins = missing.get(key);
        if (row !== undefined) data.set(row, i * featureDim);
        else if (twins === undefined) missing.set(key, [i]);
        else twins.push(i);
      }
    }
    const wanted = [...missing];
    let done = inputs.length - wanted.reduce((sum, [, places]) => sum + places.length, 0);
    statistics.cached += done;
    onProgress?.({ phase: what, done, total: inputs.length });
    for (let start = 0; start < wanted.length; start += chunk) {
      throwIfAborted(what, signal);
      const part = wanted.slice(start, start + chunk);
      const before = done;
      const features = await embed(
        part.map(([, places]) => inputs[places[0]!]!),
        {
          signal,
          onProgress: (step) => {
            onProgress?.({ phase: what, done: before + step.done, total: inputs.length });
          },
        },
      );
      assertFinite(what, features);
      const rows = part.map(([key], i) => ({
        key,
        values: features.data.slice(i * featureDim, (i + 1) * featureDim),
      }));
      await cache.set(rows);
      part.forEach(([, places], i) => {
        for (const place of places) data.set(rows[i]!.values, place * featureDim);
        done += places.length;
      });
      statistics.computed += part.length;
      onProgress?.({ phase: what, done, total: inputs.length });
    }
    return { rows: inputs.length, cols: featureDim, data };
  };

  const embedTexts = backbone.embedTexts?.bind(backbone);
  return {
    fingerprint,
    featureDim,
    statistics,
    ...(logitScale !== undefined && { logitScale }),
    images: async (images, work = {}) => {
      const keys = await imageKeys(images, seen, work);
      return lookUp('features', images, keys, backbone.embedImages.bind(backbone), work);
    },
    ...(embedTexts && {
      texts: async (texts: readonly string[], work: WorkOptions = {}) =>
        lookUp(
          'texts',
          texts,
          texts.map((text) => sha256(`text ${text}`)),
          embedTexts,
          work,
        ),
    }),
    dispose: async () => cache.close(),
  };
}

/** The keys of images; those that cannot be read are all named in one error. */
async function imageKeys(
  images: readonly ImageRef[],
  seen: WeakMap<ImageRef, string>,
  { signal }: WorkOptions,
): Promise<readonly string[]> {
  const keys = new Array<string>(images.length);
  const errors: (ClError | undefined)[] = images.map(() => undefined);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < images.length; i = next++) {
      throwIfAborted('features', signal);
      const ref = images[i]!;
      try {
        const key = seen.get(ref) ?? (await imageKey(ref));
        seen.set(ref, key);
        keys[i] = key;
      } catch (error) {
        if (!isClError(error) || error.code !== 'UNREADABLE_IMAGE') throw error;
        errors[i] = error;
      }
    }
  };
  await Promise.all(Array.from({ length: hashedAtOnce }, lane));
  const broken = errors.filter((error) => error !== undefined);
  if (broken.length > 0) throw unreadableImages(broken);
  return keys;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function assertFinite(what: string, { data, cols }: Matrix<Float32Array>): void {
  for (let i = 0; i < data.length; i += 1) {
    if (Number.isFinite(data[i])) continue;
    throw new ClError(
      'NON_FINITE',
      `${what}: input ${Math.floor(i / cols)} of a batch has the feature ${data[i]} at ${i % cols}, expected finite ` +
        'numbers; none of the batch is cached. Try dtype fp32 or device cpu; the model may be damaged.',
    );
  }
}
