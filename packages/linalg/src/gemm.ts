/** C = ±op(A)·op(B) [+ C] on row-major blocks: the one product that everything here is made of. */
import { Tensor } from 'onnxruntime-node';
import type { Matrix } from '@cl/hub';
import { realTypeOf } from './real.ts';
import { sessionOf, type Effect } from './session.ts';

/** How the factors are read. */
export interface GemmOptions {
  readonly effect: Effect;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * Computes into C, in place: onnxruntime writes into the tensor given for the output, also where it is an
 * input. Shapes are the caller's duty. Blocks may be views of one buffer as long as C overlaps neither A nor B.
 *
 * The binding of onnxruntime-node 1.30 copies each output once more into a buffer that nobody reads, so
 * callers prefer a long inner dimension over a large C.
 */
export async function gemm(a: Matrix, b: Matrix, c: Matrix, options: GemmOptions): Promise<void> {
  const { effect, transposeA = false, transposeB = false } = options;
  if (c.data.length === 0) return;
  if (a.data.length === 0) {
    if (effect === 'set') c.data.fill(0);
    return;
  }
  const session = await sessionOf({
    dtype: realTypeOf(c.data),
    transposeA,
    transposeB,
    effect,
  });
  const target = tensorOf(c);
  const feeds = { a: tensorOf(a), b: tensorOf(b) };
  await session.run(effect === 'set' ? feeds : { ...feeds, c: target }, { y: target });
}

function tensorOf({ rows, cols, data }: Matrix): Tensor {
  return data instanceof Float32Array
    ? new Tensor('float32', data, [rows, cols])
    : new Tensor('float64', data, [rows, cols]);
}
