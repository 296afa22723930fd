/** All that makes an exported graph what its author meant, in the right order. */
import { removeDeadCode, removeIdentities, shareCommon } from './dead-code.ts';
import type { OnnxTensor } from './element-type.ts';
import type { OnnxGraph } from './graph.ts';
import { foldConstants, type FoldOptions } from './infer.ts';
import { upgradeOpset } from './opset.ts';
import { attentionRules } from './patterns/attention.ts';
import { cleaningRules } from './patterns/clean.ts';
import { geluRules } from './patterns/gelu.ts';
import { layerNormRules } from './patterns/layer-norm.ts';
import { applyRewrites, type Rewrite } from './rewrite.ts';

const rules: readonly Rewrite[] = [
  ...attentionRules,
  ...layerNormRules,
  ...geluRules,
  ...cleaningRules,
];

/** Each round takes away at least one node of a chain; exporters' longest need about ten. */
const maxRounds = 100;

/**
 * The graph under fixed input sizes: shape arithmetic folded away, operators in their form of opset 21,
 * LayerNormalization, Gelu and QuickGelu as single nodes, no node that changes nothing, nothing computed twice,
 * all types known. The outputs keep their names and, up to rounding, their values.
 *
 * @throws ClError as `inferTypes` does.
 */
export function simplify(graph: OnnxGraph, options: FoldOptions = {}): OnnxGraph {
  const { parameters = [] } = options;
  const distinct = new Set([...parameters, ...weightsOf(graph)]); // equal weights need not stay equal
  let current = upgradeOpset(removeDeadCode(foldConstants(graph, options)));
  for (let round = 0; round < maxRounds; round++) {
    const before = current;
    current = shareCommon(removeIdentities(applyRewrites(current, rules, parameters)), distinct);
    if (current === before) break;
    current = removeDeadCode(foldConstants(current, options));
  }
  return removeDeadCode(foldConstants(current, options));
}

/**
 * Names of the constants that training may change: floating point, more than one element. Pass them, or some of
 * them, as `parameters` to have a graph that can be trained: a bias of zeros is then no idle addition.
 */
export function weightsOf(graph: OnnxGraph): string[] {
  const isWeight = ({ dtype, data }: OnnxTensor): boolean =>
    dtype.includes('float') && data.length > 1;
  return [...graph.initializers].filter(([, tensor]) => isWeight(tensor)).map(([name]) => name);
}

/**
 * The graph at opset 21 with LayerNormalization, Gelu and QuickGelu as single nodes; nothing else changes. Call
 * `inferTypes` before.
 */
export function recognize(graph: OnnxGraph, options: FoldOptions = {}): OnnxGraph {
  const { parameters = [] } = options;
  let current = upgradeOpset(graph);
  for (;;) {
    const next = applyRewrites(current, [...layerNormRules, ...geluRules], parameters);
    if (next === current) return current;
    current = foldConstants(removeDeadCode(next), options);
  }
}
