/**
 * The three spellings of GELU (Hendrycks & Gimpel, 2016) back to one node each:
 *
 *   exact   ½ x (1 + erf(x / √2))                          → Gelu { approximate: 'none' }
 *   tanh    ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))       → Gelu { approximate: 'tanh' }
 *   quick   x · sigmoid(α x), α = 1.702 in CLIP            → com.microsoft.QuickGelu { alpha: α }
 *
 * Exporters differ in how they multiply: a product is therefore compared as a set of factors.
 */
import type { GraphNode } from '../graph.ts';
import type { Rewrite, Surroundings } from '../rewrite.ts';

/** Constants of exporters carry 4 to 7 digits. */
const tolerance = 2e-4;

const exact: Rewrite = (node, g) => {
  const found = halfTimesOnePlus(node, g, 'Erf');
  if (found === undefined) return undefined;
  const inner = product(found.inner, g);
  if (!close(inner.scale, Math.SQRT1_2) || inner.factors.join() !== found.x) return undefined;
  return g.emit('Gelu', [found.x], { approximate: 'none' });
};

const tanh: Rewrite = (node, g) => {
  const found = halfTimesOnePlus(node, g, 'Tanh');
  if (found === undefined) return undefined;
  const { x } = found;
  const inner = product(found.inner, g);
  if (!close(inner.scale, Math.sqrt(2 / Math.PI))) return undefined;
  const [a, b] = inner.factors;
  const cubic =
    inner.factors.length === 1
      ? isSum(
          a!,
          g,
          (t) => t === x,
          (t) => isPower(t, x, 3, g),
        ) // x + 0.044715 x³
      : inner.factors.length === 2 &&
        (a === x || b === x) &&
        isSum(
          a === x ? b! : a!,
          g,
          (t) => g.scalar(t) === 1,
          (t) => isPower(t, x, 2, g),
        ); // x (1 + 0.044715 x²)
  return cubic ? g.emit('Gelu', [x], { approximate: 'tanh' }) : undefined;
};

const quick: Rewrite = (node, g) => {
  if (node.opType !== 'Mul') return undefined;
  const [a, b] = node.inputs as [string, string];
  for (const [x, gate] of [
    [a, b],
    [b, a],
  ] as const) {
    const sigmoid = g.producer(gate, 'Sigmoid');
    if (sigmoid === undefined || g.uses(gate) > 1) continue;
    if (g.type(x)?.elementType === 'float64') return undefined; // onnxruntime has no such kernel
    const inner = product(sigmoid.inputs[0]!, g);
    if (inner.factors.join() === x) {
      return g.emit('QuickGelu', [x], { alpha: inner.scale }, 'com.microsoft');
    }
  }
  return undefined;
};

/** Rules that make Gelu and QuickGelu nodes. */
export const geluRules: readonly Rewrite[] = [exact, tanh, quick];

interface Half {
  readonly x: string;
  readonly inner: string;
}

/** x and u of ½ · x · (1 + f(u)). */
function halfTimesOnePlus(node: GraphNode, g: Surroundings, f: string): Half | undefined {
  if (node.opType !== 'Mul' && node.opType !== 'Div') return undefined;
  const { scale, factors } = factorsOf(node, g);
  if (factors.length !== 2 || !close(scale, 0.5)) return undefined;
  const [a, b] = factors as [string, string];
  for (const [x, sum] of [
    [a, b],
    [b, a],
  ] as const) {
    const add = g.producer(sum, 'Add');
    const one = add?.inputs.findIndex((input) => g.scalar(input) === 1) ?? -1;
    const gate = one < 0 ? undefined : g.producer(add!.inputs[1 - one]!, f);
    if (gate !== undefined) return { x, inner: gate.inputs[0]! };
  }
  return undefined;
}

interface Product {
  readonly scale: number;
  readonly factors: readonly string[];
}

/** A value as a number times other values. */
function product(value: string, g: Surroundings): Product {
  const scalar = g.scalar(value);
  if (scalar !== undefined) return { scale: scalar, factors: [] };
  const node = g.producer(value, 'Mul', 'Div');
  return node === undefined ? { scale: 1, factors: [value] } : factorsOf(node, g, value);
}

/** The factors of a Mul, or of a Div by a number; products inside are opened when nothing else reads them. */
function factorsOf(node: GraphNode, g: Surroundings, whole?: string): Product {
  const [a, b] = node.inputs as [string, string];
  if (node.opType === 'Div') {
    const divisor = g.scalar(b);
    if (divisor === undefined) return { scale: 1, factors: [whole ?? node.outputs[0]!] };
    const { scale, factors } = open(a, g);
    return { scale: scale / divisor, factors };
  }
  const [left, right] = [open(a, g), open(b, g)];
  return { scale: left.scale * right.scale, factors: [...left.factors, ...right.factors] };
}

function open(value: string, g: Surroundings): Product {
  return g.uses(value) === 1 || g.constant(value) !== undefined
    ? product(value, g)
    : { scale: 1, factors: [value] };
}

function isSum(
  value: string,
  g: Surroundings,
  one: (term: string) => boolean,
  other: (term: string) => boolean,
): boolean {
  const [a, b] = g.producer(value, 'Add')?.inputs ?? [];
  if (a === undefined || b === undefined) return false;
  return (one(a) && other(b)) || (one(b) && other(a));
}

/** 0.044715 xⁿ, as a Pow or as repeated factors. */
function isPower(value: string, x: string, n: number, g: Surroundings): boolean {
  const { scale, factors } = product(value, g);
  return close(scale, 0.044715) && powers(factors, x, g) === n;
}

function powers(factors: readonly string[], x: string, g: Surroundings): number {
  return factors.reduce((sum, factor) => {
    if (factor === x) return sum + 1;
    const node = g.producer(factor, 'Pow', 'Mul');
    const [a, b] = node?.inputs ?? [];
    if (node?.opType === 'Pow') return a === x ? sum + (g.scalar(b!) ?? NaN) : NaN;
    return node === undefined ? NaN : sum + powers([a!, b!], x, g);
  }, 0);
}

function close(value: number, expected: number): boolean {
  return Math.abs(value - expected) < tolerance * expected;
}
