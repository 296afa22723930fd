/**
 * A pool of prompts as a codebook (Jiao et al., "Vector Quantization Prompting for Continual Learning", NeurIPS 2024,
 * §3.3): what one layer makes of a query.
 */
import { meanSquaredError, type Emitter, type Value } from '@cl/autodiff';
import { keyScores, type ScoreFunction } from './scores.ts';

/** A pool as values of a graph. */
export interface PoolValues {
  /** K [N, Dq]. */
  readonly keys: Value;
  /** P [N, Lp, D]. */
  readonly prompts: Value;
}

/** How a pool is read. */
export interface CodebookOptions {
  readonly temperature: number;
  readonly score?: ScoreFunction | undefined;
}

/** What a pool gives for a batch of queries. */
export interface Quantized {
  /** α [B, N] (eq. 4). */
  readonly scores: Value;
  /** p' [B, Lp·D] (eq. 5). */
  readonly soft: Value;
  /** k int64 [B] (eq. 6). */
  readonly selected: Value;
  /** p = P_k [B, Lp·D]; gradients reach the entry. */
  readonly entry: Value;
  /** p on the way forward, p' on the way back: [B, Lp, D]. */
  readonly prompt: Value;
}

/**
 * Scores, soft prompt, nearest entry, straight-through estimate (eqs. 4 to 6):
 *
 *   p' = Σᵢ αᵢ Pᵢ,   k = argmin_j ‖p' − P_j‖²,   p̃ = p' + sg[P_k − p'].
 *
 * Distances are computed as they are written, so that entries that are equal are equally far; the first of them is taken.
 */
export function quantize(
  g: Emitter,
  query: Value,
  { keys, prompts }: PoolValues,
  { temperature, score = keyScores }: CodebookOptions,
): Quantized {
  const [entries, length, width] = prompts.dims as [number, number, number];
  const size = length * width;
  const batch = query.dims[0]!;
  const pool = g.reshape(prompts, [entries, size]);
  const scores = score(g, { query, keys, temperature });
  const soft = g.matMul(scores, pool); // [B, N] × [N, Lp·D]
  const apart = g.sub(g.reshape(soft, [batch, 1, size]), g.reshape(pool, [1, entries, size]));
  const distance = g.sumOver(g.mul(apart, apart), [2], 'squeeze'); // [B, N]
  const selected = g.argMin(distance, 1);
  const entry = g.gather(pool, selected); // [B, Lp·D]
  const prompt = g.reshape(g.straightThrough(entry, soft), [batch, length, width]);
  return { scores, soft, selected, entry, prompt };
}

/** Mean over batch, tokens and channels of ‖sg[p'] − p‖²: moves the selected entries (eq. 7). */
export function codebookLoss(g: Emitter, { soft, entry }: Quantized): Value {
  return meanSquaredError(g, entry, g.stopGradient(soft));
}

/** Mean of ‖p' − sg[p]‖²: moves keys and all entries by their share in p' (eq. 8). */
export function commitmentLoss(g: Emitter, { soft, entry }: Quantized): Value {
  return meanSquaredError(g, soft, g.stopGradient(entry));
}

/**
 * Against unbalanced use, which the paper names as its limitation: the divergence of the batch's mean scores ᾱ from an even
 * share, Σᵢ ᾱᵢ ln(N ᾱᵢ) in [0, ln N].
 */
export function balanceLoss(g: Emitter, { scores }: Quantized): Value {
  const entries = scores.dims[1]!;
  const mean = g.meanOver(scores, [0]); // [1, N]
  return g.sumAll(g.mul(mean, g.log(g.mul(g.add(mean, 1e-12), entries))));
}
