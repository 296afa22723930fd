/** What mergeable learners and learners that unlearn promise. */
import { isClError, type Learner, type Scores, type UnlearnRequest } from '@cl/hub';
import { assert, assertEqual, assertRefuses } from '../check.ts';
import { assertClose } from '../compare.ts';
import { samplesOf } from '../fixtures/synthetic-dataset.ts';
import { syntheticFeatures } from '../fixtures/synthetic-features.ts';
import { assertSameScores, idsOf, type LearnerBench, type LearnerPromise } from './bench.ts';

/** Merge and unlearn. */
export const arithmetic: readonly LearnerPromise[] = [
  {
    name: 'has merge and unlearn exactly when it declares them',
    async verify(bench) {
      const { mergeable, unlearn } = bench.capabilities;
      const learner = await bench.fresh();
      assertEqual(learner.merge !== undefined, mergeable, 'has merge, against `mergeable`');
      assertEqual(learner.unlearn !== undefined, unlearn, 'has unlearn, against `unlearn`');
    },
  },
  {
    name: 'merged with another, equals one that learned in sequence, to rounding',
    when: ({ mergeable }) => mergeable,
    async verify(bench) {
      const one = await bench.taught(1);
      const other = await bench.fresh();
      await other.learn({ ...bench.experience(1), index: 0 });
      const before = await bench.scores(other);
      await one.merge!(other);
      assertSameScores(await bench.scores(other), before, 'the other, after the merge');
      assertEqual(idsOf(one.classes), idsOf(bench.classes(2)), 'classes after the merge');
      const expected = await bench.scores(await bench.taught(2));
      assertAlike(bench, await bench.scores(one), expected, 'merged');
    },
  },
  {
    name: 'refuses to merge with one of another width and stays as it was',
    when: ({ mergeable }) => mergeable,
    async verify(bench) {
      const one = await bench.taught(1);
      const before = await bench.scores(one);
      const texts = bench.plugin.needs.includes('text-features');
      const featureDim = bench.features().featureDim + 1;
      const other = await bench.taught(1, syntheticFeatures({ featureDim, texts }));
      await assertRefuses(
        () => one.merge!(other),
        ['SHAPE_MISMATCH', 'INVALID_DATA'],
        'merge with a learner of wider features',
      );
      assertSameScores(await bench.scores(one), before, 'after a refused merge');
    },
  },
  {
    name: 'unlearns samples or a class as if it had never learned them, to rounding',
    when: ({ unlearn }) => unlearn,
    async verify(bench) {
      const first = bench.experience(0);
      const known = first.classes[0]!;
      const more = samplesOf(first.domain ?? first.name, known, 'unlearn', 0, 3);
      const again = { ...first, index: 1, classes: [known], train: more };
      const ofSamples = await unlearned(bench, await bench.taught(1), again, [
        { kind: 'samples', samples: more },
      ]);
      const next = bench.experience(1);
      const ofClasses = await unlearned(
        bench,
        await bench.taught(1),
        next,
        next.classes.map(({ id }) => ({ kind: 'class', classId: id })),
      );
      assert(
        ofSamples || ofClasses,
        'unlearn: NOT_SUPPORTED for samples and for classes, expected one of them to work.',
      );
    },
  },
  {
    name: 'refuses to unlearn a class that it never saw',
    when: ({ unlearn }) => unlearn,
    async verify(bench) {
      const learner = await bench.taught(1);
      const before = await bench.scores(learner);
      await assertRefuses(
        () => learner.unlearn!({ kind: 'class', classId: 'testing/never-seen' }),
        ['UNKNOWN_CLASS', 'NOT_SUPPORTED'],
        'unlearn a class that was never seen',
      );
      assertSameScores(await bench.scores(learner), before, 'after a refused request');
    },
  },
];

/**
 * Teaches a learner something, has it unlearn that, and compares it with itself before.
 *
 * @returns whether the learner supports the requests.
 */
async function unlearned(
  bench: LearnerBench,
  learner: Learner,
  experience: Parameters<Learner['learn']>[0],
  requests: readonly UnlearnRequest[],
): Promise<boolean> {
  const classes = bench.classes(1);
  const before = await bench.scores(learner, classes);
  await learner.learn(experience);
  for (const request of requests) {
    try {
      await learner.unlearn!(request);
    } catch (error) {
      if (isClError(error) && error.code === 'NOT_SUPPORTED') return false;
      throw error;
    }
  }
  const { kind } = requests[0]!;
  assertAlike(bench, await bench.scores(learner, classes), before, `after unlearning a ${kind}`);
  return true;
}

function assertAlike(bench: LearnerBench, actual: Scores, expected: Scores, what: string): void {
  assertEqual(idsOf(actual.classes), idsOf(expected.classes), `${what}: columns`);
  assertClose(actual.values, expected.values, bench.tolerance, `${what}: scores`);
}
