/** Convolution: how a ViT or CLIP cuts its image into patches. */
import { allAxes } from '../dims.ts';
import type { Emitter } from '../emitter.ts';
import type { Value } from '../graph-writer.ts';
import { rule, type GradientRule, type NodeGradient } from '../rule.ts';

/**
 * `Conv`: y[n, o] = Σᵢ x[n, i] ⋆ w[o, i] + b[o].
 *
 * dX is the transposed convolution of dY with w. dW[o, i] = Σₙ x[n, i] ⋆ dY[n, o] is a convolution too: of x with dY,
 * samples in the place of channels, and strides and dilations exchanged. db sums dY over samples and places.
 */
export const convolution: GradientRule = rule('Conv', 1, (n, g) => {
  if (n.string('auto_pad', 'NOTSET') !== 'NOTSET') {
    n.refuse(
      `auto_pad is "${n.string('auto_pad', '')}"`,
      'NOTSET',
      'Export the model with explicit pads.',
    );
  }
  const window = windowOf(n);
  const places = allAxes(window.strides.length).map((i) => i + 2);
  const dw = n.wants(1) ? weightGradient(n, g, window) : null;
  return [imageGradient(n, g, window), dw, g.sumOver(n.dy, [0, ...places], 'squeeze')];
});

interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Before each spatial axis, then after each. */
  readonly pads: readonly number[];
}

function windowOf(n: NodeGradient): Window {
  const spatial = n.dy.dims.slice(2);
  return {
    strides: n.ints('strides') ?? spatial.map(() => 1),
    dilations: n.ints('dilations') ?? spatial.map(() => 1),
    pads: n.ints('pads') ?? [...spatial, ...spatial].map(() => 0),
  };
}

function imageGradient(n: NodeGradient, g: Emitter, { strides, dilations, pads }: Window): Value {
  const [x, w] = [n.x(0), n.x(1)];
  const rank = strides.length;
  // What a stride did not reach at the end of an axis.
  const rest = strides.map((stride, i) => {
    const reach = (n.dy.dims[i + 2]! - 1) * stride + (w.dims[i + 2]! - 1) * dilations[i]! + 1;
    return x.dims[i + 2]! + pads[i]! + pads[i + rank]! - reach;
  });
  return g.node('ConvTranspose', [n.dy, w], x, {
    strides: strides.map(BigInt),
    dilations: dilations.map(BigInt),
    pads: pads.map(BigInt),
    output_padding: rest.map(BigInt),
    group: BigInt(n.int('group', 1)),
  });
}

function weightGradient(n: NodeGradient, g: Emitter, { strides, dilations, pads }: Window): Value {
  const [x, w] = [n.x(0), n.x(1)];
  if (n.int('group', 1) !== 1)
    return n.refuse(`group is ${n.int('group', 1)}`, '1', 'Freeze its weights.');
  const rank = strides.length;
  const swapped = [1, 0, ...allAxes(rank).map((i) => i + 2)];
  const size = strides.map((stride, i) => {
    const padded = x.dims[i + 2]! + pads[i]! + pads[i + rank]!;
    return Math.floor((padded - (n.dy.dims[i + 2]! - 1) * stride - 1) / dilations[i]!) + 1;
  });
  const type = { elementType: w.elementType, dims: [w.dims[1]!, w.dims[0]!, ...size] };
  const all = g.node('Conv', [g.transpose(x, swapped), g.transpose(n.dy, swapped)], type, {
    strides: dilations.map(BigInt),
    dilations: strides.map(BigInt),
    pads: pads.map(BigInt),
  });
  const cut = size.reduce((dw, _, i) => g.slice(dw, i + 2, 0, w.dims[i + 2]!), all);
  return g.transpose(cut, swapped);
}
