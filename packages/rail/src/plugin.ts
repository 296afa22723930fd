/**
 * RAIL, Regression-based Analytic Incremental Learning: Xu, Chen, Nie, Wang, Zhuang, Okumura, "Advancing Cross-domain
 * Discriminability in Continual Learning of Vision-Language Models", NeurIPS 2024.
 */
import { ClError, defineLearner, type LearnerPlugin, type LearnerState } from '@cl/hub';
import { createZeroShot } from '@cl/zero-shot';
import { createAdapter, restoreAdapter } from './create-adapter.ts';
import { RailLearner } from './learner.ts';
import { defaults, help, presets, schema, type RailOptions } from './options.ts';

/** Closed-form ridge regression on CLIP features, fused with zero-shot; equals joint training whatever the order. */
export const rail: LearnerPlugin<RailOptions> = defineLearner({
  name: 'rail',
  description:
    'RAIL (NeurIPS 2024): ridge regression on CLIP features in closed form, fused with zero-shot; never forgets.',
  defaults,
  help,
  schema,
  presets,
  needs: ['image-features', 'text-features'],
  scenarios: ['class-incremental', 'domain-incremental', 'task-incremental', 'x-tail', 'mtil'],
  capabilities: ({ form, memory }) => ({
    exemplarFree: form === 'primal' && memory === 'statistics',
    mergeable: true,
    unlearn: true,
    deterministic: true,
    openVocabulary: true,
  }),
  async create(options, { features, random }) {
    const projectionSeed = random.fork('random-projection').uint32();
    return new RailLearner({
      options,
      features,
      zeroShot: createZeroShot(features, options),
      adapter: createAdapter(options, features.featureDim, projectionSeed),
      projectionSeed,
      classes: [],
      experiences: 0,
      keys: [],
    });
  },
  async restore(state, options, { features }) {
    const adapter = restoreAdapter(state, options, features.featureDim);
    return new RailLearner({
      options,
      features,
      zeroShot: createZeroShot(features, options),
      adapter,
      projectionSeed: state.values['projectionSeed'] as number,
      classes: state.classes,
      experiences: state.experiences,
      keys: keysOf(state, adapter.kept?.labels.length ?? 0),
    });
  },
});

function keysOf({ values }: LearnerState, rows: number): readonly string[] {
  const keys = values['samples'];
  if (Array.isArray(keys) && keys.length === rows) {
    const texts = (keys as unknown[]).filter((key) => typeof key === 'string');
    if (texts.length === rows) return texts;
  }
  throw new ClError(
    'CORRUPT_FILE',
    `rail: the saved state does not name its samples, expected ${rows} names. Restore an earlier copy.`,
  );
}
