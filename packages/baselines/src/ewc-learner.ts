/** The springs of EWC on a linear head: see {@link ewc}. */
import {
  stateTensor,
  type FeatureSource,
  type Learner,
  type LearnerContext,
  type LearnerState,
  type Tensor,
  type WorkOptions,
} from '@cl/hub';
import { multiply } from '@cl/linalg';
import { headClasses, headLogits, type LinearHead } from '@cl/training';
import type { EwcOptions } from './ewc.ts';
import { headLearner, type Remembering } from './head-method.ts';
import type { LabelledRows, LossParts } from './head-training.ts';

/** One that has seen nothing, or the one that was saved; see `headLearner`. */
export function ewcLearner(
  name: string,
  options: EwcOptions,
  context: LearnerContext,
  state?: LearnerState,
): Learner {
  const fisherFrom = (head: LinearHead): LinearHead =>
    state === undefined ? head : savedFisher(name, state, context.features);
  const remembering = (head: LinearHead): Remembering =>
    springs(options, { fisher: fisherFrom(head), anchor: head });
  return headLearner(name, options, context, remembering, state);
}

/** F, in the shape of a head, and θ*. */
interface Importance {
  readonly fisher: LinearHead;
  readonly anchor: LinearHead;
}

function springs(options: EwcOptions, { fisher, anchor }: Importance): Remembering {
  const { strength, decay } = options;
  const held = strength > 0 && headClasses(anchor) > 0;
  return {
    prepare: (fresh, head) => ({
      ...fresh,
      head,
      penalty: held ? (parts) => pull(parts, strength, { fisher, anchor }) : undefined,
    }),
    async after(fresh, head, _lesson, work) {
      const more = await fisherOf(fresh, head, work);
      return springs(options, { fisher: decayedSum(fisher, decay, more), anchor: head });
    },
    tensors: { 'fisher.weight': fisher['head.weight'], 'fisher.bias': fisher['head.bias'] },
    keeps: 'the importance of each weight (diagonal Fisher information)',
  };
}

/** λ/2 · Σ F (θ − θ*)², over the columns that θ* has. */
function pull(
  { g, weight, bias }: LossParts,
  strength: number,
  { fisher, anchor }: Importance,
): ReturnType<LossParts['g']['add']> {
  const classes = headClasses(anchor);
  const energies = (['head.weight', 'head.bias'] as const).map((key) => {
    const now = key === 'head.weight' ? weight : bias;
    const moved = g.sub(g.slice(now, now.dims.length - 1, 0, classes), g.constant(anchor[key]));
    return g.sumAll(g.mul(g.constant(fisher[key]), g.mul(moved, moved)));
  });
  return g.mul(g.add(energies[0]!, energies[1]!), strength / 2);
}

/**
 * The diagonal of the Fisher information, F = E_x E_{y∼p(y|x)} (∂ ln p(y|x) / ∂θ)². For a linear head the inner mean has a
 * closed form: ∂ ln p(y|x) / ∂W_dc = x_d (δ_yc − p_c), whose square is x_d² p_c (1 − p_c) in the mean over y.
 */
async function fisherOf(
  { features }: LabelledRows,
  head: LinearHead,
  work: WorkOptions,
): Promise<LinearHead> {
  const { rows, cols, data } = features;
  const logits = await headLogits(features, head, work);
  const classes = logits.cols;
  const spread = { rows, cols: classes, data: new Float32Array(rows * classes) }; // p (1 − p) / n
  const bias = new Float32Array(classes);
  for (let i = 0; i < rows; i += 1) {
    const row = logits.data.subarray(i * classes, (i + 1) * classes);
    let largest = -Infinity;
    for (let c = 0; c < classes; c += 1) largest = Math.max(largest, row[c]!);
    let sum = 0;
    for (let c = 0; c < classes; c += 1) sum += Math.exp(row[c]! - largest);
    for (let c = 0; c < classes; c += 1) {
      const p = Math.exp(row[c]! - largest) / sum;
      spread.data[i * classes + c] = (p * (1 - p)) / rows;
      bias[c]! += (p * (1 - p)) / rows;
    }
  }
  const squares = { rows, cols, data: data.map((x) => x * x) };
  const weight = await multiply(squares, spread, { transposeA: true, signal: work.signal });
  return {
    'head.weight': { dtype: 'float32', dims: [cols, classes], data: weight.data as Float32Array },
    'head.bias': { dtype: 'float32', dims: [classes], data: bias },
  };
}

/** γ·F + F_t; columns that F lacks count as 0. */
function decayedSum(fisher: LinearHead, decay: number, more: LinearHead): LinearHead {
  const [before, after] = [headClasses(fisher), headClasses(more)];
  const added = (old: Tensor<'float32'>, fresh: Tensor<'float32'>): Tensor<'float32'> => {
    const data = fresh.data.slice();
    for (let i = 0; i < data.length; i += 1) {
      const [row, column] = [Math.floor(i / after), i % after];
      if (column < before) data[i]! += decay * old.data[row * before + column]!;
    }
    return { ...fresh, data };
  };
  return {
    'head.weight': added(fisher['head.weight'], more['head.weight']),
    'head.bias': added(fisher['head.bias'], more['head.bias']),
  };
}

function savedFisher(name: string, state: LearnerState, { featureDim }: FeatureSource): LinearHead {
  const classes = state.classes.length;
  const dims = [featureDim, classes];
  return {
    'head.weight': stateTensor(name, state, 'fisher.weight', ['float32'], dims),
    'head.bias': stateTensor(name, state, 'fisher.bias', ['float32'], [classes]),
  };
}
