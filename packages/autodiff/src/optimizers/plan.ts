/** From an optimiser as data to one at work: in the thread, where functions do not go. */
import { sweptAdamW } from './adam-w.ts';
import type { OptimizerPlan, OptimizerState } from './optimizer.ts';
import { sweptSgd } from './sgd.ts';
import { startSwept, type ValueHolder } from './swept.ts';

const kinds = { adamW: sweptAdamW, sgd: sweptSgd } as const;

/** Starts a plan on parameters, with no history. */
export function startPlan(
  { name, numbers, stretches }: OptimizerPlan,
  store: ValueHolder,
): OptimizerState {
  return startSwept(kinds[name](numbers), store, stretches);
}
