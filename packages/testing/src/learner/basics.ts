/** What a learner promises about learning and answering. */
import type { Scores } from '@cl/hub';
import { assert, assertEqual, assertRefuses } from '../check.ts';
import { assertClose, assertFinite, pickColumns, pickRows } from '../compare.ts';
import { assertUntouched, deepFreeze } from '../untouched.ts';
import { assertSameScores, idsOf, type LearnerPromise } from './bench.ts';

/** Learning, scores, candidates, and what must not depend on what. */
export const basics: readonly LearnerPromise[] = [
  {
    name: 'is given a stream that is not empty',
    async verify({ stream }) {
      assert(
        stream.experiences.length >= 3,
        `stream: ${stream.experiences.length} experiences, expected at least 3.`,
      );
      assertEqual(stream.evaluations.length, stream.experiences.length, 'number of evaluations');
      for (const { index, classes, train } of stream.experiences) {
        assert(
          classes.length > 0 && train.length >= 2 * classes.length,
          `stream: experience ${index} has ${train.length} samples of ${classes.length} classes, ` +
            'expected at least two a class.',
        );
      }
      for (const { index, test } of stream.evaluations) {
        assert(test.length > 0, `stream: evaluation ${index} has no sample.`);
      }
    },
  },
  {
    name: 'is constructible from its defaults',
    async verify(bench) {
      const learner = await bench.fromDefaults();
      assertEqual(learner.experiences, 0, 'experiences of a new learner');
      assertEqual(idsOf(learner.classes), [], 'classes of a new learner');
    },
  },
  {
    name: 'refuses to predict before it learned',
    async verify(bench) {
      const learner = await bench.fresh();
      await assertRefuses(() => bench.scores(learner), ['NOT_LEARNED'], 'predict before learn');
      if (bench.capabilities.openVocabulary) return;
      await assertRefuses(
        () => bench.scores(learner, bench.classes(1)),
        ['NOT_LEARNED', 'UNKNOWN_CLASS'],
        'predict before learn, with candidates',
      );
    },
  },
  {
    name: 'scores exactly the classes seen, in order of first appearance',
    async verify(bench) {
      const learner = await bench.fresh();
      for (let count = 1; count <= bench.stream.experiences.length; count += 1) {
        await learner.learn(bench.experience(count - 1));
        const seen = idsOf(bench.classes(count));
        assertEqual(learner.experiences, count, 'experiences learned');
        assertEqual(idsOf(learner.classes), seen, `classes after ${count} experiences`);
        assertWellFormed(await bench.scores(learner), seen, bench.images.length);
      }
    },
  },
  {
    name: 'answers better than chance on classes that lie apart',
    async verify(bench) {
      const scores = await bench.scores(await bench.taught(bench.stream.experiences.length));
      const truth = bench.stream.evaluations.flatMap(({ test }) => test.map((s) => s.classId));
      const columns = idsOf(scores.classes);
      const right = truth.filter((id, i) => columns[bestColumn(scores, i)] === id).length;
      const chance = 1 / columns.length;
      assert(
        right / truth.length >= Math.min(2 * chance, (1 + chance) / 2),
        `accuracy: found ${right} of ${truth.length} right among ${columns.length} classes, ` +
          'expected at least twice what guessing gives.',
      );
    },
  },
  {
    name: 'repeats its scores exactly',
    async verify(bench) {
      const learner = await bench.taught(2);
      const once = await bench.scores(learner);
      assertSameScores(await bench.scores(learner), once, 'asked twice');
    },
  },
  {
    name: 'scores an image alike in every batch and order, to rounding',
    async verify(bench) {
      const learner = await bench.taught(2);
      const { images, tolerance } = bench;
      const { values, classes } = await learner.predict(images);
      const order = images.map((_, i) => images.length - 1 - i);
      const reversed = await learner.predict(order.map((i) => images[i]!));
      const expected = pickRows(values, classes.length, order);
      assertClose(reversed.values, expected, tolerance, 'scores in reverse order');
      for (const i of order) {
        const alone = await learner.predict([images[i]!]);
        const row = pickRows(values, classes.length, [i]);
        assertClose(alone.values, row, tolerance, `scores of image ${i} alone`);
      }
    },
  },
  {
    name: 'scores no images',
    async verify(bench) {
      const learner = await bench.taught(1);
      assertWellFormed(await learner.predict([]), idsOf(bench.classes(1)), 0);
    },
  },
  {
    name: 'scores the candidates it is given, in their order',
    async verify(bench) {
      const learner = await bench.taught(2);
      const seen = bench.classes(2);
      const order = seen.map((_, c) => seen.length - 1 - c);
      const all = await bench.scores(learner, seen);
      const reversed = await bench.scores(learner, seen.toReversed());
      assertWellFormed(reversed, idsOf(seen.toReversed()), bench.images.length);
      const expected = pickColumns(all.values, seen.length, order);
      assertClose(reversed.values, expected, bench.tolerance, 'scores of reversed candidates');
      const some = seen.filter((_, c) => c % 2 === 0);
      assertWellFormed(await bench.scores(learner, some), idsOf(some), bench.images.length);
      assertEqual(idsOf(learner.classes), idsOf(seen), 'classes seen, after asking of candidates');
    },
  },
  {
    name: 'scores candidates that it never saw',
    when: ({ openVocabulary }) => openVocabulary,
    async verify(bench) {
      const all = bench.classes(bench.stream.experiences.length);
      const learner = await bench.fresh();
      const before = await bench.scores(learner, all);
      assertWellFormed(before, idsOf(all), bench.images.length);
      await learner.learn(bench.experience(0));
      assertWellFormed(await bench.scores(learner, all), idsOf(all), bench.images.length);
      assertEqual(idsOf(learner.classes), idsOf(bench.classes(1)), 'classes seen');
    },
  },
  {
    name: 'refuses candidates that it never saw',
    when: ({ openVocabulary }) => !openVocabulary,
    async verify(bench) {
      const learner = await bench.taught(1);
      await assertRefuses(
        () => bench.scores(learner, bench.classes(2)),
        ['UNKNOWN_CLASS'],
        'predict with a candidate of the next experience',
      );
    },
  },
  {
    name: 'repeats itself bit for bit from the same seed',
    when: ({ deterministic }) => deterministic,
    async verify(bench) {
      const count = bench.stream.experiences.length;
      const first = await bench.scores(await bench.taught(count));
      assertSameScores(await bench.scores(await bench.taught(count)), first, 'second learner');
    },
  },
  {
    name: 'leaves its inputs unmodified',
    async verify(bench) {
      const { plugin } = bench;
      const images = deepFreeze([...bench.images]);
      const experiences = deepFreeze(bench.stream.experiences.slice(0, 2));
      const candidates = deepFreeze([...bench.classes(2)]);
      const inputs = [plugin.defaults, experiences, images, candidates];
      await assertUntouched(inputs, 'inputs', async () => {
        const learner = await bench.fresh();
        for (const experience of experiences) await learner.learn(experience);
        await learner.predict(images, { candidates });
      });
    },
  },
  {
    name: 'shares nothing with another learner',
    async verify(bench) {
      const one = await bench.taught(1);
      const before = await bench.scores(one);
      const other = await bench.fresh();
      assertEqual(idsOf(other.classes), [], 'classes of a new learner beside one that learned');
      await other.learn({ ...bench.experience(1), index: 0 });
      assertEqual(idsOf(one.classes), idsOf(bench.classes(1)), 'classes, after the other learned');
      assertSameScores(await bench.scores(one), before, 'after the other learned');
      await other.dispose();
      assertSameScores(await bench.scores(one), before, 'after the other was disposed of');
    },
  },
  {
    name: 'disposes twice, then refuses everything',
    async verify(bench) {
      const learner = await bench.taught(1);
      await learner.dispose();
      await learner.dispose();
      await assertRefuses(() => bench.scores(learner), ['DISPOSED'], 'predict after dispose');
      await assertRefuses(() => learner.save(), ['DISPOSED'], 'save after dispose');
      const next = bench.experience(1);
      await assertRefuses(() => learner.learn(next), ['DISPOSED'], 'learn after dispose');
    },
  },
];

/** Fails unless scores have these columns, this many rows, finite values and known sources. */
function assertWellFormed(scores: Scores, columns: readonly string[], rows: number): void {
  assertEqual(idsOf(scores.classes), columns, 'columns of the scores');
  assertEqual(scores.values.length, rows * columns.length, 'number of scores');
  assertFinite(scores.values, 'scores');
  assertEqual(scores.sources.length, rows, 'number of sources');
  const known = ['adapter', 'zero-shot', 'fused'];
  const strange = scores.sources.find((source) => !known.includes(source));
  assert(strange === undefined, `source: found "${strange ?? ''}", expected ${known.join(', ')}.`);
  if (scores.rejected !== undefined) assertEqual(scores.rejected.length, rows, 'rejected rows');
}

function bestColumn({ values, classes }: Scores, row: number): number {
  const own = values.subarray(row * classes.length, (row + 1) * classes.length);
  let best = 0;
  for (let c = 1; c < own.length; c += 1) if (own[c]! > own[best]!) best = c;
  return best;
}
