/** Before learning: every feature once, so that broken images and broken numbers show up early. */
import {
  ClError,
  isClError,
  throwIfAborted,
  type Experience,
  type FeatureSource,
  type ImageRef,
  type Sample,
  type Stream,
  type WorkOptions,
} from '@cl/hub';
import { decodeImage } from '@cl/images';

/** Images asked for at once: memory stays bounded by this, whatever the size of the data. */
const chunkSize = 1024;

/** What is left to work with. */
export interface Prepared {
  readonly streams: ReadonlyMap<number, Stream>;
  /** Ids of the images that were left out. */
  readonly skipped: readonly string[];
  /** Their places among all images, for {@link leaveOut}. */
  readonly broken: readonly number[];
}

/**
 * Asks for the features of every image of the streams once; the source remembers them.
 *
 * @throws ClError `UNREADABLE_IMAGE` with all broken images, unless `skipBroken`; `EMPTY_CLASS` or
 * `EMPTY_STREAM` when nothing is left of a class or a test set; `NON_FINITE`; `ABORTED`.
 */
export async function prepare(
  streams: ReadonlyMap<number, Stream>,
  features: FeatureSource,
  skipBroken: boolean,
  { signal, onProgress }: WorkOptions,
): Promise<Prepared> {
  const images = imagesOf(streams.values());
  const broken = new Set<ImageRef>();
  for (let at = 0; at < images.length; at += chunkSize) {
    throwIfAborted('run', signal);
    const chunk = images.slice(at, at + chunkSize);
    const work: WorkOptions = {
      signal,
      onProgress: ({ phase, done }) =>
        onProgress?.({ phase, done: at + done, total: images.length }),
    };
    for (const image of await askFor(chunk, features, work)) broken.add(image);
    onProgress?.({ phase: 'features', done: at + chunk.length, total: images.length });
  }
  const skipped = [...broken].map(({ id }) => id);
  if (skipped.length > 0 && !skipBroken) throw unreadable(skipped, images.length);
  const places = images.flatMap((image, place) => (broken.has(image) ? [place] : []));
  return { streams: leaveOut(streams, places), skipped, broken: places };
}

/**
 * Streams without the images at some places, counted as {@link prepare} does, who found them.
 *
 * @throws ClError `EMPTY_CLASS` or `EMPTY_STREAM` when nothing is left of a class or a test set.
 */
export function leaveOut(
  streams: ReadonlyMap<number, Stream>,
  places: readonly number[],
): ReadonlyMap<number, Stream> {
  if (places.length === 0) return streams;
  const images = imagesOf(streams.values());
  const broken = new Set(places.map((place) => images[place]!));
  return new Map([...streams].map(([seed, stream]) => [seed, without(stream, broken)]));
}

/** Computes the features of a chunk and returns its images that cannot be decoded. */
async function askFor(
  chunk: readonly ImageRef[],
  features: FeatureSource,
  work: WorkOptions,
): Promise<readonly ImageRef[]> {
  try {
    const { data, cols } = await features.images(chunk, work);
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at < 0) return [];
    const { id } = chunk[Math.floor(at / cols)]!;
    throw new ClError(
      'NON_FINITE',
      `features: image "${id}" has ${data[at]} at position ${at % cols}, expected finite numbers. ` +
        'Use dtype fp32, or check the model.',
    );
  } catch (error) {
    if (!isClError(error) || error.code !== 'UNREADABLE_IMAGE') throw error;
    const broken = await undecodable(chunk);
    if (broken.length === 0) throw error;
    const good = chunk.filter((image) => !broken.includes(image));
    if (good.length > 0) await askFor(good, features, work);
    return broken;
  }
}

async function undecodable(images: readonly ImageRef[]): Promise<readonly ImageRef[]> {
  const broken: ImageRef[] = [];
  for (const image of images) {
    try {
      await decodeImage(image);
    } catch (error) {
      if (!isClError(error) || error.code !== 'UNREADABLE_IMAGE') throw error;
      broken.push(image);
    }
  }
  return broken;
}

function imagesOf(streams: Iterable<Stream>): readonly ImageRef[] {
  const images = new Set<ImageRef>();
  for (const { experiences, evaluations } of streams) {
    for (const { train } of experiences) for (const { image } of train) images.add(image);
    for (const { test } of evaluations) for (const { image } of test) images.add(image);
  }
  return [...images];
}

function without(stream: Stream, broken: ReadonlySet<ImageRef>): Stream {
  const keep = (samples: readonly Sample[]): readonly Sample[] =>
    samples.filter(({ image }) => !broken.has(image));
  return {
    ...stream,
    experiences: stream.experiences.map((experience) => {
      const rest = { ...experience, train: keep(experience.train) };
      assertClasses(rest);
      return rest;
    }),
    evaluations: stream.evaluations.map((evaluation) => {
      const rest = { ...evaluation, test: keep(evaluation.test) };
      if (rest.test.length > 0) return rest;
      throw new ClError(
        'EMPTY_STREAM',
        `run: none of the ${evaluation.test.length} test images of "${evaluation.name}" can be decoded, ` +
          'expected at least one. Replace the files.',
      );
    }),
  };
}

function assertClasses({ name, classes, train }: Experience): void {
  const left = new Set(train.map(({ classId }) => classId));
  const empty = classes.find(({ id }) => !left.has(id));
  if (empty === undefined) return;
  throw new ClError(
    'EMPTY_CLASS',
    `run: no training image of class "${empty.id}" in "${name}" can be decoded, expected at least one. ` +
      'Replace the files or leave the class out.',
  );
}

function unreadable(ids: readonly string[], total: number): ClError {
  const shown = ids.slice(0, 20).map((id) => `\n  ${id}`);
  const more = ids.length > shown.length ? `\n  and ${ids.length - shown.length} more` : '';
  return new ClError(
    'UNREADABLE_IMAGE',
    `run: ${ids.length} of ${total} images cannot be decoded:${shown.join('')}${more}\n` +
      'Replace or remove them, or skip them (skipBroken; --skip-broken).',
  );
}
