/**
 * Elastic weight consolidation (Kirkpatrick et al., PNAS 2017) on a linear head: weights that earlier experiences depend
 * on are held by springs, L = L_CE + λ/2 · Σᵢ Fᵢ (θᵢ − θᵢ*)² (eq. 3). As in online EWC (Schwarz et al., ICML 2018) there is
 * one θ*, the latest, and one sum F ← γF + F_t, so the state does not grow with the number of experiences.
 */
import {
  assertState,
  defineLearner,
  stateTensor,
  type FeatureSource,
  type LearnerPlugin,
  type LearnerState,
  type Tensor,
  type WorkOptions,
} from '@cl/hub';
import { multiply } from '@cl/linalg';
import { ClosedLearner, emptyHead, headClasses, headLogits, type LinearHead } from '@cl/training';
import { z } from 'zod';
import { featureScaleHelp } from './features.ts';
import {
  HeadMethod,
  headSeed,
  savedHead,
  type HeadOptions,
  type Remembering,
} from './head-method.ts';
import {
  headDefaults,
  headHelp,
  headShape,
  type LabelledRows,
  type LossParts,
} from './head-training.ts';
import { everyScenario, sequential } from './promises.ts';

/** Options of {@link ewc}. */
export interface EwcOptions extends HeadOptions {
  readonly strength: number;
  readonly decay: number;
}

const name = 'ewc';

/** A sequential linear probe whose important weights are held. */
export const ewc: LearnerPlugin<EwcOptions> = defineLearner({
  name,
  description: 'Elastic weight consolidation on a linear head over frozen features.',
  defaults: { strength: 100, decay: 1, features: 'unit', ...headDefaults },
  help: {
    strength: 'λ: how stiffly important weights are held; 0 is the sequential linear probe.',
    decay: 'γ: what is left of earlier importance after each experience; 1 keeps it.',
    features: featureScaleHelp,
    ...headHelp,
  },
  schema: z.object({
    strength: z.number().min(0).max(1e12),
    decay: z.number().min(0).max(1),
    features: z.enum(['unit', 'raw']),
    ...headShape,
  }),
  needs: ['image-features'],
  scenarios: everyScenario,
  capabilities: () => sequential,
  async create(options, { features: source, random }) {
    const head = emptyHead(source.featureDim);
    const remembering = springs(options, { fisher: head, anchor: head });
    const parts = { name, source, options, seed: headSeed(random), head, remembering };
    return new ClosedLearner(name, new HeadMethod(parts));
  },
  async restore(state, options, { features: source }) {
    assertState(name, state);
    const { seed, head } = savedHead(name, state, source);
    const fisher = savedFisher(state, source);
    const remembering = springs(options, { fisher, anchor: head });
    const parts = { name, source, options, seed, head, remembering };
    return new ClosedLearner(name, new HeadMethod(parts), state);
  },
});

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

function savedFisher(state: LearnerState, { featureDim }: FeatureSource): LinearHead {
  const classes = state.classes.length;
  const dims = [featureDim, classes];
  return {
    'head.weight': stateTensor(name, state, 'fisher.weight', ['float32'], dims),
    'head.bias': stateTensor(name, state, 'fisher.bias', ['float32'], [classes]),
  };
}
