/** The learner behind fine-tuning: see {@link fineTuning}. */
import { stateTensor, type Learner, type LearnerContext, type LearnerState } from '@cl/hub';
import { randomResizedCrop, type ImageModel } from '@cl/training';
import type { FineTuningOptions } from './fine-tuning.ts';
import { towerLearner, type Recipe } from './tower-method.ts';
import type { Tensors } from './tower-training.ts';

/** One that has seen nothing, or the one that was saved; see `towerLearner`. */
export async function fineTuningLearner(
  name: string,
  options: FineTuningOptions,
  context: LearnerContext,
  state?: LearnerState,
): Promise<Learner> {
  return towerLearner(name, options, context, (model) => recipeOf(name, model, options), state);
}

function recipeOf(name: string, model: ImageModel, { augmentation }: FineTuningOptions): Recipe {
  const names = [...model.weights.keys()];
  return {
    queried: false,
    views: augmentation === 'crop' ? randomResizedCrop() : undefined,
    start: {},
    grow: (tensors) =>
      Object.keys(tensors).length > 0 ? tensors : (Object.fromEntries(model.weights) as Tensors),
    graph: (rows) => model.graph(rows, { parameters: names }),
    restore: (state) =>
      Object.fromEntries(
        names.map((weight) => {
          const { dims } = model.weights.get(weight)!;
          return [weight, stateTensor(name, state, weight, ['float32'], dims)];
        }),
      ),
    keeps: 'all weights of the backbone',
  };
}
