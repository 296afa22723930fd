/**
 * Layer normalization as exporters before opset 17 spell it out, back to one node:
 *
 *   y = (x − E[x]) / √(E[(x − E[x])²] + ε) · γ + β
 *
 * Three rules, each for one step: the division, then the gain γ, then the shift β.
 */
import { isStatic, sizeOf } from '../dims.ts';
import type { GraphNode } from '../graph.ts';
import { fromNumbers } from '../kernels/kernel.ts';
import { intAttribute } from '../node-attributes.ts';
import type { Rewrite, Surroundings } from '../rewrite.ts';

/** d / √(E[d²] + ε) with d = x − E[x], or d · (1 / √(…)) → LayerNormalization(x, 1). */
const normalize: Rewrite = (node, g) => {
  const parts = dividedByDeviation(node, g);
  if (parts === undefined) return undefined;
  const [centred, variance] = parts;
  const added = constantOperand(variance, g, 'Add');
  const epsilon = added && g.scalar(added.constant);
  const mean = added && g.producer(added.other, 'ReduceMean');
  const squared = mean && squareOf(mean.inputs[0]!, g);
  const sub = g.producer(centred, 'Sub');
  const average = sub && g.producer(sub.inputs[1]!, 'ReduceMean');
  if (epsilon === undefined || average === undefined || squared === undefined) return undefined;
  const x = sub!.inputs[0]!;
  if (!sameCentre(squared, centred, x, g) || average.inputs[0] !== x) return undefined;
  const axis = trailingAxis(average, g);
  const type = g.type(x);
  const dims = type?.dims.slice(axis);
  if (axis === undefined || axis !== trailingAxis(mean!, g) || type === undefined) return undefined;
  if (!type.elementType.startsWith('float') || dims === undefined || !isStatic(dims)) {
    return undefined;
  }
  const ones = g.add(fromNumbers(type.elementType, dims, new Float32Array(sizeOf(dims)).fill(1)));
  return g.emit('LayerNormalization', [x, ones], {
    axis: BigInt(axis - type.dims.length),
    epsilon,
  });
};

/** LayerNormalization(x, 1) · γ → LayerNormalization(x, γ). */
const gain: Rewrite = (node, g) => {
  const found = affine(node, g, 'Mul');
  if (found === undefined || g.uniform(found.norm.inputs[1]!) !== 1) return undefined;
  const { norm, vector } = found;
  return g.emit('LayerNormalization', [norm.inputs[0]!, vector], norm.attributes);
};

/** LayerNormalization(x, γ) + β → LayerNormalization(x, γ, β). */
const shift: Rewrite = (node, g) => {
  const found = affine(node, g, 'Add');
  if (found === undefined) return undefined;
  const { norm, vector } = found;
  return g.emit('LayerNormalization', [...norm.inputs, vector], norm.attributes);
};

/** Rules that make LayerNormalization nodes. */
export const layerNormRules: readonly Rewrite[] = [normalize, gain, shift];

/** The dividend, and the value under the root of the divisor. */
function dividedByDeviation(
  node: GraphNode,
  g: Surroundings,
): readonly [string, string] | undefined {
  if (node.opType === 'Div') {
    const root = g.producer(node.inputs[1]!, 'Sqrt');
    return root && [node.inputs[0]!, root.inputs[0]!];
  }
  if (node.opType !== 'Mul') return undefined;
  for (const [one, other] of bothWays(node)) {
    const inverse = g.producer(other, 'Reciprocal', 'Div', 'Pow');
    if (inverse === undefined) continue;
    const [a, b] = inverse.inputs as [string, string | undefined];
    if (inverse.opType === 'Pow' && g.scalar(b!) === -0.5) return [one, a];
    const under = inverse.opType === 'Reciprocal' ? a : g.scalar(a) === 1 ? b! : '';
    const root = g.producer(under, 'Sqrt');
    if (root !== undefined) return [one, root.inputs[0]!];
  }
  return undefined;
}

/** x of x² or x · x. */
function squareOf(value: string, g: Surroundings): string | undefined {
  const node = g.producer(value, 'Pow', 'Mul');
  if (node === undefined) return undefined;
  const [a, b] = node.inputs as [string, string];
  return (node.opType === 'Pow' ? g.scalar(b) === 2 : a === b) ? a : undefined;
}

/** Some exporters compute x − E[x] twice. */
function sameCentre(one: string, other: string, x: string, g: Surroundings): boolean {
  if (one === other) return true;
  const [a, b] = [g.producer(one, 'Sub'), g.producer(other, 'Sub')];
  if (a === undefined || b === undefined || a.inputs[0] !== x) return false;
  const means = [a, b].map((sub) => g.producer(sub.inputs[1]!, 'ReduceMean')?.inputs[0]);
  return a.inputs[1] === b.inputs[1] || (means[0] === x && means[1] === x);
}

/** The first of the axes that a kept reduction covers, when these are the last ones. */
function trailingAxis(node: GraphNode, g: Surroundings): number | undefined {
  const rank = g.type(node.inputs[0]!)?.dims.length;
  if (rank === undefined || intAttribute(node, 'keepdims', 1) === 0) return undefined;
  const axes = g.view(node).axes(rank);
  if (axes === undefined) return undefined;
  const first = Math.min(...axes);
  return axes.length === rank - first ? first : undefined;
}

interface Affine {
  readonly norm: GraphNode;
  readonly vector: string;
}

/** A LayerNormalization without shift that only this node reads, and the vector of the same size beside it. */
function affine(node: GraphNode, g: Surroundings, opType: string): Affine | undefined {
  if (node.opType !== opType) return undefined;
  for (const [one, vector] of bothWays(node)) {
    const norm = g.producer(one, 'LayerNormalization');
    if (norm === undefined || norm.inputs.length > 2 || g.uses(one) > 1) continue;
    const scale = g.type(norm.inputs[1]!)?.dims ?? [];
    if (g.type(vector)?.dims.join() === scale.join()) return { norm, vector };
  }
  return undefined;
}

interface ConstantOperand {
  readonly constant: string;
  readonly other: string;
}

function constantOperand(
  value: string,
  g: Surroundings,
  opType: string,
): ConstantOperand | undefined {
  const node = g.producer(value, opType);
  if (node === undefined) return undefined;
  const pair = bothWays(node).find(([, constant]) => g.scalar(constant) !== undefined);
  return pair && { other: pair[0], constant: pair[1] };
}

function bothWays(node: GraphNode): readonly (readonly [string, string])[] {
  const [a, b] = node.inputs as [string, string];
  return [
    [a, b],
    [b, a],
  ];
}
