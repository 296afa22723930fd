/** What the learners here promise, each unless it says otherwise. */
import type { LearnerCapabilities, ScenarioName } from '@cl/hub';

/** They read classes and images only, and those are there in every scenario. */
export const everyScenario: readonly ScenarioName[] = [
  'class-incremental',
  'domain-incremental',
  'task-incremental',
  'x-tail',
  'mtil',
];

/** Keeps no sample, names only what it learned, and cannot take it back. */
export const sequential: LearnerCapabilities = {
  exemplarFree: true,
  mergeable: false,
  unlearn: false,
  deterministic: true,
  openVocabulary: false,
};
