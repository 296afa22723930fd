/**
 * Reverse-mode differentiation: a graph that computes a loss becomes a graph that also computes the gradient of that
 * loss, made of the same operators.
 *
 * The loss depends on a value x through everything that reads x, so by the chain rule
 *
 *   ∂loss/∂x = Σ over readers y of x:  ∂loss/∂y · ∂y/∂x
 *
 * Walking the nodes from last to first, ∂loss/∂y is complete when its node's turn comes, because every reader of y
 * came before. The node's rule then gives its summands of ∂loss/∂x, and these are added up.
 */
import { ClError } from '@cl/hub';
import { describeNode, type GraphNode, type OnnxGraph } from '@cl/onnx';
import { sizeOf } from './dims.ts';
import { Emitter } from './emitter.ts';
import { eraseMarkers } from './erase-markers.ts';
import { fitTo } from './fit.ts';
import { gradients, operatorOf, tableOf } from './gradients/table.ts';
import { isReal, type Value } from './graph-writer.ts';
import { Segments } from './recompute.ts';
import { NodeGradient, type GradientRule } from './rule.ts';

/** What to differentiate, and by what. */
export interface BackwardOptions {
  /** The value to differentiate: real, of one element. */
  readonly loss: string;
  /** The values whose gradients are wanted: inputs, initializers, or anything on the way. */
  readonly wrt: readonly string[];
  /**
   * Values of the forward pass to keep; between one and the next everything is computed again in the backward pass. Takes
   * less memory and more time; the gradients are the same. See {@link blockInputs}. Everything is kept when absent.
   */
  readonly checkpoints?: readonly string[];
  /** Rules for further operators, or in the place of {@link gradients}. */
  readonly rules?: readonly GradientRule[];
}

/**
 * The graph with further outputs: `loss`, and for each value x of `wrt` its gradient `x.grad` ({@link gradientName}),
 * of x's shape and type. Values in between that need no gradient get none; a frozen weight costs nothing.
 *
 * @param graph - of opset 13 or later, with the sizes of all values on the way known (`inferTypes`, `simplify`).
 * @throws ClError `NOT_SUPPORTED` when an operator on the way has no rule, naming its node.
 * @throws ClError `INVALID_OPTION` when the loss is no real number or does not depend on a value of `wrt`.
 * @throws ClError `NOT_FOUND` for names that are not in the graph.
 */
export function backward(
  graph: OnnxGraph,
  { loss, wrt, checkpoints = [], rules = [] }: BackwardOptions,
): OnnxGraph {
  assertOpset(graph);
  const table = new Map([...gradients, ...tableOf(rules)]);
  const g = new Emitter(graph);
  const wanted = dependents(graph, wrt, g);
  const grads = new Map<string, Value>([[loss, one(g, loss)]]);

  const segments = new Segments(graph, checkpoints);
  for (const node of segments.nodes.toReversed()) {
    const dys = node.outputs.map((y) => grads.get(y));
    if (dys.every((dy) => dy === undefined)) continue; // the loss does not depend on this node
    if (!node.inputs.some((x) => wanted.has(x))) continue; // nobody asks what it depends on
    const n = new NodeGradient(node, dys, wanted, g, (name) =>
      segments.value(name, node, g, grads),
    );
    const dxs = ruleFor(node, graph, table).gradient(n, g);
    node.inputs.forEach((x, i) => {
      const dx = dxs[i];
      if (dx === undefined || dx === null || !wanted.has(x)) return;
      const fitted = fitTo(g, dx, g.value(x).dims);
      const sum = grads.get(x);
      grads.set(x, sum === undefined ? fitted : g.add(sum, fitted));
    });
  }

  const outputs = wrt.map((x) => g.rename(grads.get(x) ?? independent(loss, x), gradientName(x)));
  return eraseMarkers(g.build([...new Set([...graph.outputs, loss]), ...outputs]));
}

/** What {@link backward} calls the gradient of a value. */
export function gradientName(value: string): string {
  return `${value}.grad`;
}

/** The real values that depend on one of the given values, which are among them. */
function dependents(graph: OnnxGraph, wrt: readonly string[], g: Emitter): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (name: string): void => {
    if (name !== '' && isReal(g.value(name).elementType)) found.add(name);
  };
  wrt.forEach(add);
  for (const node of graph.nodes) {
    if (node.inputs.some((input) => found.has(input))) node.outputs.forEach(add);
  }
  return found;
}

/** ∂loss/∂loss. */
function one(g: Emitter, loss: string): Value {
  const { elementType, dims } = g.value(loss);
  if (sizeOf(dims) === 1 && isReal(elementType)) return g.expand(g.scalar(1, elementType), dims);
  throw new ClError(
    'INVALID_OPTION',
    `backward: the loss "${loss}" is ${elementType}[${dims.join(', ')}], expected one real number. ` +
      'Reduce it to its sum or mean first.',
  );
}

function ruleFor(
  node: GraphNode,
  graph: OnnxGraph,
  table: ReadonlyMap<string, GradientRule>,
): GradientRule {
  const rule = table.get(operatorOf(node));
  const version = node.domain === '' ? graph.opset : (graph.domains[node.domain] ?? 1);
  if (rule !== undefined && rule.sinceVersion <= version) return rule;
  const since = rule === undefined ? '' : ` before opset ${rule.sinceVersion}`;
  throw new ClError(
    'NOT_SUPPORTED',
    `backward: no gradient for op "${operatorOf(node)}"${since} (${describeNode(node)}, opset ${version}), ` +
      'expected an operator of the table of gradients. Freeze what is before it, or pass a rule in options.rules.',
  );
}

function independent(loss: string, x: string): never {
  throw new ClError(
    'INVALID_OPTION',
    `backward: the loss "${loss}" does not depend on "${x}", expected a value with a path to the loss that ` +
      'gradients can take. Take it out of wrt, or look for a StopGradient or a rounding on the way.',
  );
}

/** Gradients are written with the operators as they are since opset 13, when axes became inputs. */
function assertOpset({ opset }: OnnxGraph): void {
  if (opset >= 13) return;
  throw new ClError(
    'NOT_SUPPORTED',
    `backward: the graph is of opset ${opset}, expected 13 or later. Call simplify() first, or export it again.`,
  );
}
