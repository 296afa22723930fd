import { learnerChecks } from '@cl/testing';
import { describe, expect, test } from 'vitest';
import { failing } from './broken.ts';
import { centroid } from './centroid-learner.ts';
import { answerMutants } from './learner/answer-mutants.ts';
import { arithmeticMutants } from './learner/arithmetic-mutants.ts';
import { faultMutants } from './learner/fault-mutants.ts';
import { pluginMutants } from './learner/plugin-mutants.ts';
import { stateMutants } from './learner/state-mutants.ts';
import { sound } from './learner/mutant.ts';

const mutants = [
  ...pluginMutants,
  ...answerMutants,
  ...stateMutants,
  ...faultMutants,
  ...arithmeticMutants,
];

describe('the checks of learners', () => {
  test.each(mutants)('notice a learner that $fault', async ({ checks, caughtBy, also = [] }) => {
    expect(new Set(await failing(checks()))).toEqual(new Set([caughtBy, ...also]));
  });

  test('have a mutant each', () => {
    const names = (['closed', 'open'] as const).flatMap((vocabulary) =>
      learnerChecks(sound, { vocabulary }).map(({ name }) => name),
    );
    expect(new Set(mutants.map(({ caughtBy }) => caughtBy))).toEqual(new Set(names));
  });

  test('leave out what a learner does not promise', () => {
    const none = {
      exemplarFree: false,
      mergeable: false,
      unlearn: false,
      deterministic: false,
      openVocabulary: false,
    };
    const names = learnerChecks(centroid({ capabilities: none })).map(({ name }) => name);
    expect(
      names.filter((name) => /merged with|unlearns samples|same seed|grow/u.test(name)),
    ).toEqual([]);
    expect(names).toContain('refuses candidates that it never saw');
  });
});
