/** Which example images to show: each image once with every learner's answer, within a budget of bytes. */
import type { RecordedExample } from '@cl/hub';
import type { LearnerView, ReportModel } from './model.ts';

/** An image and what the learners said. */
export interface Shot {
  readonly evaluation: number;
  readonly imageId: string;
  readonly trueClass: string;
  /** A `data:` URI that is safe to show; `undefined` when the record's was none. */
  readonly picture: string | undefined;
  readonly answers: readonly { readonly learner: LearnerView; readonly example: RecordedExample }[];
}

/** What is shown and how much is not. */
export interface Gallery {
  /** One list a domain, in order; empty where there are none. */
  readonly byDomain: readonly (readonly Shot[])[];
  readonly left: number;
}

/** Bytes of thumbnails in a report. */
const budget = 600_000;

/**
 * Chooses shots: per domain first those that learners disagree on, then all wrong, then all right, taking turns, until
 * `perDomain` are chosen or the budget of the report is spent. Each learner answers with its first seed.
 */
export function chooseShots(model: ReportModel, perDomain: number): Gallery {
  const pools = model.domains.map((_, j) => ordered(shotsOf(model, j)));
  const byDomain: Shot[][] = pools.map(() => []);
  let spent = 0;
  for (let turn = 0; turn < perDomain; turn += 1) {
    for (const [j, pool] of pools.entries()) {
      const shot = pool[turn];
      if (shot === undefined) continue;
      const size = shot.picture?.length ?? 0;
      if (spent + size > budget) continue;
      spent += size;
      byDomain[j]!.push(shot);
    }
  }
  const available = pools.reduce((sum, pool) => sum + pool.length, 0);
  const shown = byDomain.reduce((sum, shots) => sum + shots.length, 0);
  return { byDomain, left: available - shown };
}

/**
 * A thumbnail as it may stand in `src`: base64 of a raster format and nothing else, so that no report loads from
 * elsewhere.
 */
function safePicture(uri: string): string | undefined {
  return /^data:image\/(?:png|jpeg|webp|avif|gif);base64,[A-Za-z0-9+/]+={0,2}$/.test(uri)
    ? uri
    : undefined;
}

function shotsOf(model: ReportModel, j: number): readonly Shot[] {
  const shots = new Map<string, Shot & { answers: Shot['answers'][number][] }>();
  for (const learner of model.learners) {
    for (const example of learner.trials[0]!.examples) {
      if (example.evaluation !== j) continue;
      const { imageId, trueClass } = example;
      const known = shots.get(imageId);
      const picture = known?.picture ?? safePicture(example.thumbnail);
      const answers = [...(known?.answers ?? []), { learner, example }];
      shots.set(imageId, { evaluation: j, imageId, trueClass, picture, answers });
    }
  }
  return [...shots.values()];
}

/** Disagreement, all wrong, all right, and again; within a kind the images with most answers first. */
function ordered(shots: readonly Shot[]): readonly Shot[] {
  const kinds: Shot[][] = [[], [], []];
  for (const shot of shots.toSorted((a, b) => b.answers.length - a.answers.length)) {
    const right = shot.answers.filter(({ example }) => example.correct).length;
    kinds[right === 0 ? 1 : right === shot.answers.length ? 2 : 0]!.push(shot);
  }
  const longest = Math.max(...kinds.map((kind) => kind.length));
  return Array.from({ length: longest }, (_, k) => kinds.flatMap((kind) => kind[k] ?? [])).flat();
}
