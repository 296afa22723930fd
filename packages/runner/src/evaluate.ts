/** One row of an accuracy matrix: a learner's answers on every test set. */
import {
  candidatesFor,
  ClError,
  throwIfAborted,
  type ClassInfo,
  type Evaluation,
  type Learner,
  type PredictionSource,
  type Sample,
  type Scores,
  type Stream,
  type WorkOptions,
} from '@cl/hub';

/** A learner's answer to one image. */
export interface Answer {
  /** The best class; `undefined` when the learner says that it is none of them. */
  readonly predicted: ClassInfo | undefined;
  readonly source: PredictionSource;
  readonly correct: boolean;
}

/** Answers on each test set, in its order; `undefined` where the set makes no sense yet. */
export type AnswerSheet = readonly (readonly Answer[] | undefined)[];

/** Images scored at once: bounds the score matrix. */
const batchSize = 2048;

/**
 * A learner's answers on all test sets after experience i (i = −1: before any).
 *
 * A learner without an open vocabulary is only asked to choose among classes it has seen, and only about sets
 * all of whose classes it has seen: elsewhere its accuracy would be 0 by construction. Sets with the same
 * candidates are asked about together, which spares a learner what it does once a call.
 *
 * @throws ClError `NON_FINITE` when a score is NaN; `ABORTED`; what `predict` throws.
 */
export async function answerAll(
  learner: Learner,
  openVocabulary: boolean,
  stream: Stream,
  i: number,
  work: WorkOptions,
): Promise<AnswerSheet> {
  const seen = new Set(learner.classes.map(({ id }) => id));
  const sheet: (readonly Answer[] | undefined)[] = stream.evaluations.map(() => undefined);
  const groups = new Map<string, { candidates: readonly ClassInfo[]; sets: Evaluation[] }>();
  for (const [j, evaluation] of stream.evaluations.entries()) {
    const all = candidatesFor(stream, i, j);
    const candidates = openVocabulary ? all : all?.filter(({ id }) => seen.has(id));
    const sensible = openVocabulary || evaluation.classes.every(({ id }) => seen.has(id));
    if (!sensible || candidates === undefined) continue;
    const key = JSON.stringify(candidates.map(({ id }) => id));
    const group = groups.get(key) ?? { candidates, sets: [] };
    groups.set(key, group);
    group.sets.push(evaluation);
  }
  let done = 0;
  for (const { candidates, sets } of groups.values()) {
    throwIfAborted('run', work.signal);
    const test = sets.flatMap((evaluation) => evaluation.test);
    const answers = await answer(learner, test, candidates, work);
    let first = 0;
    for (const { index, test: own } of sets) {
      sheet[index] = answers.slice(first, first + own.length);
      first += own.length;
    }
    done += sets.length;
    work.onProgress?.({ phase: 'evaluate', done, total: sheet.length });
  }
  return sheet;
}

/** The share of right answers on each set; `null` where there are none. */
export function accuracies(sheet: AnswerSheet): readonly (number | null)[] {
  return sheet.map((answers) =>
    answers === undefined ? null : answers.filter(({ correct }) => correct).length / answers.length,
  );
}

async function answer(
  learner: Learner,
  test: readonly Sample[],
  candidates: readonly ClassInfo[],
  { signal }: WorkOptions,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < test.length; at += batchSize) {
    const batch = test.slice(at, at + batchSize);
    const images = batch.map(({ image }) => image);
    const scores = await learner.predict(images, { candidates, signal });
    for (const [row, { image, classId }] of batch.entries()) {
      const best = scores.classes[bestColumn(scores, row, image.id)]!;
      const rejected = scores.rejected?.[row] === true;
      answers.push({
        predicted: rejected ? undefined : best,
        source: scores.sources[row]!,
        correct: !rejected && best.id === classId,
      });
    }
  }
  return answers;
}

/** The first column with the largest score of a row. */
function bestColumn({ classes, values }: Scores, row: number, id: string): number {
  const columns = classes.length;
  let best = -1;
  let bestScore = -Infinity;
  for (let column = 0; column < columns; column += 1) {
    const score = values[row * columns + column]!;
    if (Number.isNaN(score)) best = columns;
    if (score > bestScore && best < columns) [best, bestScore] = [column, score];
  }
  if (best >= 0 && best < columns) return best;
  throw new ClError(
    'NON_FINITE',
    `run: image "${id}" got ${best < 0 ? 'no finite score' : 'NaN as a score'}, expected ${columns} numbers. ` +
      'The learner or its features are broken; nothing of this experience was recorded.',
  );
}
