/** What a record tells of the answers after the last experience. */
import {
  createRandom,
  type ImageRef,
  type PredictionSource,
  type RecordedExample,
  type Stream,
  type TrialRecord,
} from '@cl/hub';
import type { ExampleCounts } from './config.ts';
import type { Answer, AnswerSheet } from './evaluate.ts';

/**
 * `[i][j]`: images of evaluation i that were given a class of evaluation j. A class of several evaluations
 * counts for i itself where it belongs to i, else for the first that has it; rejected images count nowhere.
 */
export function confusions(stream: Stream, sheet: AnswerSheet): TrialRecord['confusions'] {
  const classes = stream.evaluations.map((part) => new Set(part.classes.map(({ id }) => id)));
  return sheet.map((answers, i) => {
    const counts = classes.map(() => 0);
    for (const { predicted } of answers ?? []) {
      if (predicted === undefined) continue;
      const own = classes[i]!.has(predicted.id);
      const j = own ? i : classes.findIndex((ids) => ids.has(predicted.id));
      if (j >= 0) counts[j]! += 1;
    }
    return counts;
  });
}

/** For each evaluation, how many answers came from where. */
export function sources(sheet: AnswerSheet): TrialRecord['sources'] {
  return sheet.map((answers) => {
    const counts: Partial<Record<PredictionSource, number>> = {};
    for (const { source } of answers ?? []) counts[source] = (counts[source] ?? 0) + 1;
    return counts;
  });
}

/**
 * Some right and some wrong answers of each evaluation. Images are drawn in an order that depends on the
 * evaluation alone, so learners are shown on the same images where their answers allow it.
 */
export async function examples(
  stream: Stream,
  sheet: AnswerSheet,
  { right, wrong }: ExampleCounts,
  thumbnail: (image: ImageRef) => Promise<string>,
): Promise<readonly RecordedExample[]> {
  const chosen = sheet.flatMap((answers, j) => {
    if (answers === undefined) return [];
    const order = createRandom(`examples ${j}`).permutation(answers.length);
    const pick = (correct: boolean, count: number): readonly number[] =>
      order.filter((k) => answers[k]!.correct === correct).slice(0, count);
    const picked = [...pick(true, right), ...pick(false, wrong)];
    return picked.map((k) => ({ j, k, answer: answers[k]! }));
  });
  // Pictures are made side by side: one after the other they took longer than many a learner.
  return Promise.all(chosen.map(({ j, k, answer }) => example(stream, j, k, answer, thumbnail)));
}

async function example(
  stream: Stream,
  j: number,
  k: number,
  { predicted, source, correct }: Answer,
  thumbnail: (image: ImageRef) => Promise<string>,
): Promise<RecordedExample> {
  const { classes, test } = stream.evaluations[j]!;
  const { image, classId } = test[k]!;
  const domain = predicted?.domain;
  return {
    evaluation: j,
    imageId: image.id,
    thumbnail: await thumbnail(image),
    trueClass: classes.find(({ id }) => id === classId)?.name ?? classId,
    predictedClass: predicted?.name ?? 'none of these',
    ...(domain === undefined ? {} : { predictedDomain: domain }),
    correct,
    source,
  };
}
