/** The merged model for others to run. */
import { ClError, type Learner } from '@cl/hub';

/**
 * The merged image tower as an ONNX model: the nodes, inputs and outputs of the backbone's own file, with θ₀ + merged deltas in
 * place of θ₀. What `Learner.exportBackbone` gives, for a learner that must be SoTU's.
 *
 * @throws ClError `INVALID_DATA` for another learner, `NOT_LEARNED` before the first task.
 */
export async function exportMergedModel(learner: Learner): Promise<Uint8Array> {
  const { SotuLearner } = await import('./learner.ts');
  if (learner instanceof SotuLearner) return learner.exportBackbone();
  throw new ClError(
    'INVALID_DATA',
    'exportMergedModel: found another learner, expected one of SoTU. Others give theirs by exportBackbone(), if they have one.',
  );
}
