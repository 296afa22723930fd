/** All that makes an exported graph what its author meant, in the right order. */
import { ClError } from '@cl/hub';
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
 *
 * @param graph - whose constants.
 * @param behind - a value: only the constants that are read on the way from it to the outputs.
 * @throws ClError `NOT_FOUND` when no node reads that value.
 */
export function weightsOf(graph: OnnxGraph, behind?: string): string[] {
  const isWeight = ({ dtype, data }: OnnxTensor): boolean =>
    dtype.includes('float') && data.length > 1;
  const all = [...graph.initializers].filter(([, tensor]) => isWeight(tensor));
  const names = all.map(([name]) => name);
  if (behind === undefined) return names;
  const read = readBehind(graph, behind);
  return names.filter((name) => read.has(name));
}

/** The inputs of all nodes that depend on a value. */
function readBehind({ nodes }: OnnxGraph, value: string): ReadonlySet<string> {
  const [reached, read] = [new Set([value]), new Set<string>()];
  for (const { inputs, outputs } of nodes) {
    if (!inputs.some((name) => reached.has(name))) continue;
    for (const name of inputs) read.add(name);
    for (const name of outputs) reached.add(name);
  }
  if (read.size > 0) return read;
  throw new ClError(
    'NOT_FOUND',
    `weightsOf: no node reads "${value}", expected a value on the way to the outputs. Look at printGraph(graph) for names.`,
  );
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
