/**
 * Elementwise operators. `backward` sums dX to the shape of X, so no rule here speaks of shapes.
 */
import { rule, type Gradient, type GradientRule } from '../rule.ts';

/** Arithmetic and elementary functions. */
export const elementwise: readonly GradientRule[] = [
  rule('Add', 7, (n) => [n.dy, n.dy]),
  rule('Sub', 7, (n, g) => [n.dy, g.neg(n.dy)]),
  rule('Mul', 7, (n, g) => [g.mul(n.dy, n.x(1)), g.mul(n.dy, n.x(0))]),
  rule('Div', 7, (n, g) => {
    const da = g.div(n.dy, n.x(1));
    return [da, g.neg(g.mul(da, n.y))]; // (a/b)′ = −a/b² = −y/b
  }),
  rule('Neg', 6, (n, g) => [g.neg(n.dy)]),
  rule('Abs', 6, (n, g) => [g.mul(n.dy, g.sign(n.x(0)))]),
  rule('Reciprocal', 6, (n, g) => [g.neg(g.mul(n.dy, g.mul(n.y, n.y)))]), // (1/x)′ = −y²
  rule('Sqrt', 6, (n, g) => [g.div(g.mul(n.dy, 0.5), n.y)]), // (√x)′ = 1/2y
  rule('Exp', 6, (n, g) => [g.mul(n.dy, n.y)]), // (eˣ)′ = y
  rule('Log', 6, (n, g) => [g.div(n.dy, n.x(0))]), // (ln x)′ = 1/x
  rule('Sin', 7, (n, g) => [g.mul(n.dy, g.cos(n.x(0)))]),
  rule('Cos', 7, (n, g) => [g.neg(g.mul(n.dy, g.sin(n.x(0))))]),
  rule('Pow', 7, (n, g) => {
    const [x, p] = [n.x(0), n.numbers(1)?.length === 1 ? n.numbers(1)![0]! : n.x(1)];
    const dx = g.mul(n.dy, g.mul(p, g.pow(x, typeof p === 'number' ? p - 1 : g.sub(p, 1)))); // p xᵖ⁻¹
    return [dx, g.mul(n.dy, g.mul(n.y, g.log(x)))]; // (xᵖ)′ by p = y ln x
  }),
  rule('Sum', 8, (n) => n.xs.map(() => n.dy)),
  rule('Mean', 8, (n, g) => n.xs.map(() => g.mul(n.dy, 1 / n.xs.length))),
  rule('Identity', 1, (n) => [n.dy]),
  rule('Cast', 9, (n, g) => [g.cast(n.dy, n.x(0).elementType)]),
  rule('Floor', 6, () => [null]), // flat almost everywhere, as are the next three
  rule('Ceil', 6, () => [null]),
  rule('Round', 11, () => [null]),
  rule('Sign', 9, () => [null]),
];

/** The inputs that equal the output share its gradient, equally where several do. */
const share: Gradient = (n, g) => {
  const hits = n.xs.map((x) => g.cast(g.equal(x, n.y), n.y.elementType));
  const part = g.div(
    n.dy,
    hits.reduce((sum, hit) => g.add(sum, hit)),
  );
  return hits.map((hit) => g.mul(hit, part));
};

/** Operators that choose among their inputs: dY goes to the chosen one. */
export const choices: readonly GradientRule[] = [
  rule('Where', 9, (n, g) => [null, g.where(n.x(0), n.dy, 0), g.where(n.x(0), 0, n.dy)]),
  rule('Max', 8, share),
  rule('Min', 8, share),
  // Inside the bounds y = x; a bound that is hit takes the gradient.
  rule('Clip', 11, (n, g) => {
    const x = n.x(0);
    return [
      g.where(g.equal(x, n.y), n.dy, 0),
      g.where(g.less(x, n.y), n.dy, 0),
      g.where(g.greater(x, n.y), n.dy, 0),
    ];
  }),
];
