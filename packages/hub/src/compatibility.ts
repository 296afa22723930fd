/** Whether plugins fit each other: asked before work starts. */
import type { BackboneCapability } from './backbone.ts';
import { ClError } from './errors.ts';
import type { Scenario } from './experience.ts';
import type { LearnerPlugin } from './learner.ts';

/** What is known of the backbone when the check is made. */
export interface OfferedBackbone {
  readonly id: string;
  readonly capabilities: readonly BackboneCapability[];
}

/**
 * Refuses a learner whose needs the backbone does not meet or that does not know the scenario.
 *
 * @throws ClError `INCOMPATIBLE_PLUGINS`, naming both sides.
 */
export function assertCompatible(
  learner: Pick<LearnerPlugin, 'name' | 'needs' | 'scenarios'>,
  backbone: OfferedBackbone,
  scenario: Scenario,
): void {
  const missing = learner.needs.filter((need) => !backbone.capabilities.includes(need));
  if (missing.length > 0) {
    throw new ClError(
      'INCOMPATIBLE_PLUGINS',
      `learner "${learner.name}" needs ${missing.join(' and ')}; backbone "${backbone.id}" offers ` +
        `${backbone.capabilities.join(', ') || 'nothing'}. Choose another backbone` +
        `${missing.includes('text-features') ? ', for instance a CLIP model' : ''}.`,
    );
  }
  if (!learner.scenarios.includes(scenario.name)) {
    throw new ClError(
      'INCOMPATIBLE_PLUGINS',
      `learner "${learner.name}" does not do ${scenario.name}; it does ` +
        `${learner.scenarios.join(', ')}. Choose another stream or learner.`,
    );
  }
}
