/** The metrics of accuracy matrices as plugin values, for runners and reports. */
import { defineMetric, type MetricInput, type MetricPlugin } from '@cl/hub';
import { average } from './average.ts';
import { averageForgettingIncludingFinal } from './average-forgetting-including-final.ts';
import { averageForgetting } from './average-forgetting.ts';
import { backwardTransfer } from './backward-transfer.ts';
import { cumulativeAverageAccuracy } from './cumulative-average-accuracy.ts';
import { finalAverageAccuracy } from './final-average-accuracy.ts';
import { forwardTransfer } from './forward-transfer.ts';
import { last } from './last.ts';
import { runningForgetting } from './running-forgetting.ts';
import { finalStepAccuracy, meanStepAccuracy } from './step-accuracy.ts';
import { transfer } from './transfer.ts';

/** Accepts an object without keys: metrics have no options, their name is their definition. */
const noOptions: MetricPlugin['schema'] = {
  '~standard': {
    version: 1,
    vendor: '@cl/metrics',
    validate: (value) =>
      typeof value === 'object' && value !== null && Object.keys(value).length === 0
        ? { value }
        : { issues: [{ message: 'a metric takes no options' }] },
  },
};

function metric(
  name: string,
  label: string,
  better: 'higher' | 'lower',
  formula: string,
  description: string,
  compute: (input: MetricInput) => number | undefined,
): MetricPlugin {
  return defineMetric({
    name,
    label,
    better,
    formula,
    description,
    compute,
    defaults: {},
    help: {},
    schema: noOptions,
  });
}

/**
 * Every metric that an accuracy matrix gives, by kebab-case name. Notation in `formula`: `A[i,j]` is the accuracy on
 * task j after learning task i, both from 1 to T; `n[j]` the test samples of task j; `b[j]` the accuracy on
 * task j before anything was learned.
 */
export const metrics: readonly MetricPlugin[] = [
  metric(
    'transfer',
    'Transfer',
    'higher',
    'mean over j ≥ 2 of (mean over i < j of A[i,j])',
    'Accuracy on domains before they are learned (ZSCL).',
    ({ accuracy }) => transfer(accuracy),
  ),
  metric(
    'average',
    'Average',
    'higher',
    'mean over j of (mean over all i of A[i,j])',
    'Accuracy on all domains over all steps (ZSCL).',
    ({ accuracy }) => average(accuracy),
  ),
  metric(
    'last',
    'Last',
    'higher',
    'mean over j of A[T,j]',
    'Accuracy on all domains at the end (ZSCL).',
    ({ accuracy }) => last(accuracy),
  ),
  metric(
    'final-average-accuracy',
    'FAA',
    'higher',
    'mean over j of A[T,j]',
    'Accuracy at the end, every task weighing the same (VQ-Prompt, eq. 10).',
    ({ accuracy }) => finalAverageAccuracy(accuracy),
  ),
  metric(
    'cumulative-average-accuracy',
    'CAA',
    'higher',
    'mean over i of (mean over j ≤ i of A[i,j])',
    'Mean over steps of the accuracy on what was learned so far (VQ-Prompt, eq. 11).',
    ({ accuracy }) => cumulativeAverageAccuracy(accuracy),
  ),
  metric(
    'final-step-accuracy',
    'Final (samples)',
    'higher',
    'Σ over j of n[j]·A[T,j] / Σ n[j]',
    'Accuracy at the end, every sample weighing the same (PILOT, RanPAC).',
    ({ accuracy, testSizes }) => finalStepAccuracy(accuracy, testSizes),
  ),
  metric(
    'mean-step-accuracy',
    'Mean (samples)',
    'higher',
    'mean over i of (Σ over j ≤ i of n[j]·A[i,j] / Σ n[j])',
    'Mean over steps of the sample-weighted accuracy on what was learned so far (PILOT, RanPAC).',
    ({ accuracy, testSizes }) => meanStepAccuracy(accuracy, testSizes),
  ),
  metric(
    'average-forgetting',
    'Forgetting',
    'lower',
    'mean over j < T of (max over j ≤ i < T of A[i,j] − A[T,j])',
    'Drop from the best accuracy before the last step (Chaudhry et al., 2018).',
    ({ accuracy }) => averageForgetting(accuracy),
  ),
  metric(
    'average-forgetting-including-final',
    'Forgetting (incl. final)',
    'lower',
    'mean over j < T of (max over j ≤ i ≤ T of A[i,j] − A[T,j])',
    'Drop from the best accuracy, the last step included (PILOT).',
    ({ accuracy }) => averageForgettingIncludingFinal(accuracy),
  ),
  metric(
    'running-forgetting',
    'Forgetting (running)',
    'lower',
    'mean over i ≥ 2 of (mean over j < i of (A[i−1,j] − A[i,j]))',
    'Mean drop from one step to the next (CODA-Prompt).',
    ({ accuracy }) => runningForgetting(accuracy),
  ),
  metric(
    'backward-transfer',
    'BWT',
    'higher',
    'mean over j < T of (A[T,j] − A[j,j])',
    'Change since a task was learned; negative is forgetting (GEM).',
    ({ accuracy }) => backwardTransfer(accuracy),
  ),
  metric(
    'forward-transfer',
    'FWT',
    'higher',
    'mean over j ≥ 2 of (A[j−1,j] − b[j])',
    'Gain on a task from what was learned before it (GEM).',
    ({ accuracy, baseline }) => forwardTransfer(accuracy, baseline),
  ),
];
