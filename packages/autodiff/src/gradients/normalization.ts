/** Normalisations that have an operator of their own. */
import { allAxes, axisOf } from '../dims.ts';
import { rule, type GradientRule } from '../rule.ts';

/**
 * `LayerNormalization`: y = γ x̂ + β with x̂ = (x − μ)/s, s = √(σ² + ε), over the axes from `axis` on.
 *
 * With h = dy ⊙ γ: dx = (h − mean(h) − x̂ mean(h ⊙ x̂))/s, dγ = Σ dy ⊙ x̂, dβ = Σ dy, the sums over whatever γ and β
 * were broadcast along. μ and s are computed again rather than kept: a few passes over x, next to nothing beside the
 * matrix products around it.
 */
const layerNormalization: GradientRule = rule('LayerNormalization', 17, (n, g) => {
  const x = n.x(0);
  const rank = x.dims.length;
  const axes = allAxes(rank).slice(axisOf(n.int('axis', -1), rank));
  const centred = g.sub(x, g.meanOver(x, axes));
  const variance = g.meanOver(g.mul(centred, centred), axes);
  const s = g.sqrt(g.add(variance, n.float('epsilon', 1e-5)));
  const xHat = g.div(centred, s);
  const h = g.mul(n.dy, n.x(1));
  const along = g.mul(xHat, g.meanOver(g.mul(h, xHat), axes));
  const dx = g.div(g.sub(g.sub(h, g.meanOver(h, axes)), along), s);
  return [dx, g.mul(n.dy, xHat), n.dy];
});

/** `LpNormalization`: y = x/‖x‖ along an axis; for p = 2, dx = (dy − y Σ dy ⊙ y)/‖x‖. */
const lpNormalization: GradientRule = rule('LpNormalization', 1, (n, g) => {
  if (n.int('p', 2) !== 2)
    n.refuse(`p is ${n.int('p', 2)}`, '2', 'Write the norm with ReduceL1 and Div.');
  const axis = [n.int('axis', -1)];
  const x = n.x(0);
  const norm = g.sqrt(g.sumOver(g.mul(x, x), axis));
  return [g.div(g.sub(n.dy, g.mul(n.y, g.sumOver(g.mul(n.dy, n.y), axis))), norm)];
});

/** All of them. */
export const normalization: readonly GradientRule[] = [layerNormalization, lpNormalization];
