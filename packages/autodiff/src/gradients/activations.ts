/** Activation functions. */
import type { Emitter } from '../emitter.ts';
import type { Value } from '../graph-writer.ts';
import { rule, type GradientRule } from '../rule.ts';

/** Squashing functions, rectifiers, and the three GELUs. */
export const activations: readonly GradientRule[] = [
  rule('Sigmoid', 6, (n, g) => [g.mul(n.dy, g.mul(n.y, g.sub(1, n.y)))]), // σ′ = y (1 − y)
  rule('Tanh', 6, (n, g) => [g.mul(n.dy, g.sub(1, g.mul(n.y, n.y)))]), // 1 − y²
  rule('Erf', 9, (n, g) => [g.mul(n.dy, g.mul(2 / Math.sqrt(Math.PI), gaussian(g, n.x(0), 1)))]),
  rule('Softplus', 1, (n, g) => [g.mul(n.dy, g.sigmoid(n.x(0)))]),
  rule('Relu', 6, (n, g) => [g.where(g.greater(n.x(0), 0), n.dy, 0)]),
  rule('LeakyRelu', 6, (n, g) => {
    const leak = g.mul(n.dy, n.float('alpha', 0.01));
    return [g.where(g.greater(n.x(0), 0), n.dy, leak)];
  }),
  rule('Gelu', 20, (n, g) => {
    const slope = n.string('approximate', 'none') === 'tanh' ? tanhGeluSlope : geluSlope;
    return [g.mul(n.dy, slope(g, n.x(0)))];
  }),
  rule('com.microsoft.Gelu', 1, (n, g) => [g.mul(n.dy, geluSlope(g, n.x(0)))]),
  rule('com.microsoft.FastGelu', 1, (n, g) => {
    const dx = g.mul(n.dy, tanhGeluSlope(g, n.has(1) ? g.add(n.x(0), n.x(1)) : n.x(0)));
    return [dx, dx]; // the second input is an optional bias, added to the first
  }),
  rule('com.microsoft.QuickGelu', 1, (n, g) => [
    g.mul(n.dy, quickGeluSlope(g, n.x(0), n.float('alpha', 1.702))),
  ]),
];

/** e^(−scale·x²). */
function gaussian(g: Emitter, x: Value, scale: number): Value {
  return g.exp(g.mul(g.mul(x, x), -scale));
}

/** (x Φ(x))′ = Φ(x) + x φ(x), with Φ(x) = ½ (1 + erf(x/√2)) and φ(x) = e^(−x²/2) / √(2π). */
function geluSlope(g: Emitter, x: Value): Value {
  const cdf = g.mul(g.add(g.erf(g.mul(x, Math.SQRT1_2)), 1), 0.5);
  const pdf = g.mul(gaussian(g, x, 0.5), 1 / Math.sqrt(2 * Math.PI));
  return g.add(cdf, g.mul(x, pdf));
}

/** y = ½ x (1 + t), t = tanh u, u = √(2/π) (x + 0.044715 x³); y′ = ½ (1 + t) + ½ x (1 − t²) u′. */
function tanhGeluSlope(g: Emitter, x: Value): Value {
  const [scale, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
  const square = g.mul(x, x);
  const t = g.tanh(g.mul(g.mul(x, g.add(g.mul(square, cubic), 1)), scale));
  const du = g.mul(g.add(g.mul(square, 3 * cubic), 1), scale);
  const tail = g.mul(g.mul(x, g.sub(1, g.mul(t, t))), du);
  return g.mul(g.add(g.add(t, 1), tail), 0.5);
}

/** y = x s, s = σ(αx); y′ = s (1 + αx (1 − s)). */
function quickGeluSlope(g: Emitter, x: Value, alpha: number): Value {
  const s = g.sigmoid(g.mul(x, alpha));
  return g.mul(s, g.add(g.mul(g.mul(x, alpha), g.sub(1, s)), 1));
}
