/** What a learner promises when something goes wrong: it refuses, and is as it was. */
import { isClError, type Experience } from '@cl/hub';
import { assert, assertRefuses } from '../check.ts';
import { faultyFeatures } from '../fixtures/faulty-features.ts';
import {
  assertSameScores,
  assertUnharmed,
  type LearnerBench,
  type LearnerPromise,
} from './bench.ts';

/** How many points of one call to `learn` are tried for an abort. */
const abortPoints = 8;

/** Refusals, aborts. */
export const faults: readonly LearnerPromise[] = [
  {
    name: 'refuses an experience out of order and stays as it was',
    async verify(bench) {
      const learner = await bench.taught(1);
      await assertUnharmed(bench, learner, async () => {
        const { experiences } = bench.stream;
        for (const wrong of [experiences[0]!, experiences[2]!]) {
          await assertRefuses(
            () => learner.learn(wrong),
            ['OUT_OF_ORDER'],
            `learn experience ${wrong.index} after 1 experience`,
          );
        }
      });
    },
  },
  {
    name: 'refuses a class without samples and stays as it was',
    async verify(bench) {
      const next = bench.experience(1);
      const empty = { id: 'testing/nothing', name: 'nothing' };
      await refuses(bench, { ...next, classes: [...next.classes, empty] }, 'EMPTY_CLASS');
    },
  },
  {
    name: 'refuses samples of a class not listed and stays as it was',
    async verify(bench) {
      const next = bench.experience(1);
      const stray = { ...next.train[0]!, classId: 'testing/stray' };
      await refuses(bench, { ...next, train: [...next.train, stray] }, 'UNKNOWN_CLASS');
    },
  },
  {
    name: 'refuses features that are NaN and stays as it was',
    async verify(bench) {
      const features = faultyFeatures(bench.features());
      const learner = await bench.taught(1, features);
      await assertUnharmed(bench, learner, async () => {
        features.poisoned.add(bench.experience(1).train.at(-1)!.image.id);
        await assertRefuses(
          () => learner.learn(bench.experience(1)),
          ['NON_FINITE'],
          'learn with a feature that is NaN',
        );
        features.poisoned.clear();
      });
    },
  },
  {
    name: 'refuses work that was aborted before it began and stays as it was',
    async verify(bench) {
      const learner = await bench.taught(1);
      await assertUnharmed(bench, learner, async () => {
        const signal = AbortSignal.abort();
        await assertRefuses(
          () => learner.learn(bench.experience(1), { signal }),
          ['ABORTED'],
          'learn with a signal that was fired',
        );
        await assertRefuses(
          () => learner.predict(bench.images, { signal }),
          ['ABORTED'],
          'predict with a signal that was fired',
        );
      });
    },
  },
  {
    name: 'aborted in the middle of learning, stays as it was or completes',
    async verify(bench) {
      for (let at = 0; at < abortPoints; at += 1) {
        const fired = await abortAt(bench, at);
        if (!fired) break;
        await bench.clear();
      }
    },
  },
];

async function refuses(
  bench: LearnerBench,
  experience: Experience,
  code: 'EMPTY_CLASS' | 'UNKNOWN_CLASS',
): Promise<void> {
  const learner = await bench.taught(1);
  await assertUnharmed(bench, learner, async () => {
    await assertRefuses(() => learner.learn(experience), [code], 'learn');
  });
}

/**
 * Fires the signal at the at-th sign of life (a request for features or a report of progress) of the second `learn`.
 *
 * @returns whether there were that many signs.
 */
async function abortAt(bench: LearnerBench, at: number): Promise<boolean> {
  const features = faultyFeatures(bench.features());
  const learner = await bench.taught(1, features);
  const controller = new AbortController();
  let signs = 0;
  let firedAtFeatures = false;
  const sign = (isFeatures: boolean): void => {
    if (signs === at) {
      firedAtFeatures = isFeatures;
      controller.abort();
    }
    signs += 1;
  };
  features.onImages = () => {
    sign(true);
  };
  const learn = async (): Promise<boolean> => {
    try {
      await learner.learn(bench.experience(1), {
        signal: controller.signal,
        onProgress: () => {
          sign(false);
        },
      });
      return true;
    } catch (error) {
      assert(
        controller.signal.aborted && isClError(error) && error.code === 'ABORTED',
        `learn, aborted at sign of life ${at}: threw ${String(error)}, expected a ClError ABORTED.`,
      );
      return false;
    } finally {
      features.onImages = undefined;
    }
  };
  const before = await bench.scores(learner);
  if (await learn()) {
    assert(
      !firedAtFeatures,
      `learn, aborted while it waited for features (sign of life ${at}): completed, expected ABORTED.`,
    );
    if (bench.capabilities.deterministic) {
      const untroubled = await bench.untroubled(2);
      assertSameScores(await bench.scores(learner), untroubled, 'completed in spite of an abort');
    }
  } else {
    assertSameScores(await bench.scores(learner), before, `aborted at sign of life ${at}`);
    await assertUnharmed(bench, learner, () => Promise.resolve());
  }
  return signs > at;
}
