/** The backbone of a learner that cannot do without. */
import { ClError, type LearnerContext, type TrainableBackbone } from '@cl/hub';

/**
 * The backbone of a context, for a plugin that needs `graph`.
 *
 * @param learner - its name, for the message.
 * @param context - what the plugin was given.
 * @throws ClError `INCOMPATIBLE_PLUGINS` when there is none.
 */
export function requireBackbone(
  learner: string,
  context: Pick<LearnerContext, 'backbone'>,
): TrainableBackbone {
  if (context.backbone !== undefined) return context.backbone;
  throw new ClError(
    'INCOMPATIBLE_PLUGINS',
    `${learner}: found a context without a backbone, expected one that is opened for training. ` +
      'Use a backbone that offers "graph", for instance a ViT or a CLIP.',
  );
}
