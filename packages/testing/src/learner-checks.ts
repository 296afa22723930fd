import type { LearnerPlugin } from '@cl/hub';
import type { Check } from './check.ts';
import { syntheticFeatures } from './fixtures/synthetic-features.ts';
import { arithmetic } from './learner/arithmetic.ts';
import { basics } from './learner/basics.ts';
import {
  LearnerBench,
  promiseOf,
  type LearnerCheckSettings,
  type LearnerPromise,
} from './learner/bench.ts';
import { faults } from './learner/faults.ts';
import { memory } from './learner/memory.ts';
import { saving } from './learner/saving.ts';
import { pluginChecks } from './plugin-checks.ts';

/** Every promise of a learner, in the order in which a reader wants to see them broken. */
const promises: readonly LearnerPromise[] = [
  ...basics,
  ...saving,
  ...faults,
  ...memory,
  ...arithmetic,
];

/**
 * The checks that a learner plugin has to pass under these options; which they are follows from the capabilities it
 * declares. The options go over the plugin's defaults: choose small ones, each check makes learners of its own.
 */
export function learnerChecks<O extends object>(
  plugin: LearnerPlugin<O>,
  options: Partial<O> = {},
  settings: LearnerCheckSettings = {},
): readonly Check[] {
  const shared = syntheticFeatures({ texts: plugin.needs.includes('text-features') });
  const features = settings.features ?? (() => shared);
  const bench = () =>
    new LearnerBench<O>(plugin, options, { ...settings, features }) as unknown as LearnerBench;
  const capabilities = plugin.capabilities({ ...plugin.defaults, ...options });
  const kept = promises.filter(({ when }) => when?.(capabilities) ?? true);
  return [...pluginChecks('learner', plugin), ...kept.map((promise) => promiseOf(promise, bench))];
}
