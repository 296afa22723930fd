/** C = ±op(A)·op(B) [+ C] on row-major blocks: the one product that everything here is made of. */
import type { Matrix } from '@cl/hub';
import { cacheSetPeriod, GraphBuilder, writeModel } from '@cl/onnx';
import { Tensor } from 'onnxruntime-node';
import { realTypeOf, type RealType } from './real.ts';
import { sessionOf } from './session.ts';

/** What a product does to its target C, given P = op(A)·op(B). */
type Effect = 'set' | 'add' | 'subtract';

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
  const variant = { dtype: realTypeOf(c.data), transposeA, transposeB, effect };
  const key = ['gemm', ...Object.values(variant)].join();
  const session = await sessionOf(key, () => gemmModel(variant));
  const target = tensorOf(c);
  const feeds = { a: tensorOf(a), b: tensorOf(b) };
  await session.run(effect === 'set' ? feeds : { ...feeds, c: target }, { y: target });
}

/**
 * Whether rows of so many numbers begin in one set of the first cache. GEMM reads some twelve rows of its left factor at a
 * time, more than a set holds: such a factor costs up to 1.4 times as much (384 × 4096 against 4112 columns, times 1100).
 */
export function rowsCollide(dtype: RealType, cols: number): boolean {
  return cols > 0 && (cols * (dtype === 'float32' ? 4 : 8)) % cacheSetPeriod === 0;
}

/** Y = ±op(A)·op(B) + C, without C when the effect is `set`. */
function gemmModel({
  dtype,
  transposeA,
  transposeB,
  effect,
}: Required<GemmOptions> & { readonly dtype: RealType }): Uint8Array {
  const graph = new GraphBuilder({ name: 'gemm' });
  const inputs = [
    graph.input('a', dtype, transposeA ? ['k', 'm'] : ['m', 'k']),
    graph.input('b', dtype, transposeB ? ['n', 'k'] : ['k', 'n']),
  ];
  if (effect !== 'set') inputs.push(graph.input('c', dtype, ['m', 'n']));
  const attributes = {
    transA: transposeA ? 1n : 0n,
    transB: transposeB ? 1n : 0n,
    alpha: effect === 'subtract' ? -1 : 1,
    beta: 1,
  };
  graph.output(graph.node('Gemm', inputs, attributes, { outputs: ['y'] }), dtype, ['m', 'n']);
  return writeModel(graph.build());
}

/** The matrix as onnxruntime sees it; shares its memory. */
export function tensorOf({ rows, cols, data }: Matrix): Tensor {
  return data instanceof Float32Array
    ? new Tensor('float32', data, [rows, cols])
    : new Tensor('float64', data, [rows, cols]);
}
