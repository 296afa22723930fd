/** The one place where broadcasting is undone. */
import { allAxes, type Dims } from './dims.ts';
import type { Emitter } from './emitter.ts';
import type { Value } from './graph-writer.ts';

/**
 * A gradient in the shape of the value it belongs to.
 *
 * Where the value was repeated, each copy has a gradient and they add up: axes that broadcasting put in front or
 * stretched from 1 are summed. Where the gradient is the same along an axis, as behind a sum, it is repeated.
 */
export function fitTo(g: Emitter, dx: Value, dims: Dims): Value {
  const inFront = allAxes(Math.max(0, dx.dims.length - dims.length));
  const aligned = g.sumOver(dx, inFront, 'squeeze');
  const missing = dims.length - aligned.dims.length;
  const stretched = allAxes(aligned.dims.length).filter((axis) => dims[axis + missing] === 1);
  return g.expand(g.sumOver(aligned, stretched), dims);
}
