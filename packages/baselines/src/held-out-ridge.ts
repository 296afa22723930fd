/** RanPAC's choice of λ: from four fifths of an experience's samples predict the rest, and see which λ does it best. */
import {
  isClError,
  throwIfAborted,
  type Lesson,
  type Matrix,
  type Random,
  type WorkOptions,
} from '@cl/hub';
import { cholesky, createGram, linearKernel, multiply, oneHot } from '@cl/linalg';

/** The λ that are tried: 10⁻⁸, 10⁻⁷, …, 10⁸, as in the authors' code. */
const candidates: readonly number[] = Array.from({ length: 17 }, (_, i) => 10 ** (i - 8));

/**
 * The λ with the smallest mean squared error on held-out samples, the smaller one of equals.
 *
 * @param hidden - h of the experience's samples, [n, M].
 * @param lesson - gives their columns.
 * @param random - chooses the four fifths.
 * @param before - the answer where there are too few samples to hold any out.
 * @throws ClError `ABORTED`.
 */
export async function heldOutRidge(
  hidden: Matrix,
  lesson: Pick<Lesson, 'labels' | 'current'>,
  random: Random,
  before: number,
  { signal, onProgress }: WorkOptions,
): Promise<number> {
  const { labels, current } = lesson;
  const order = random.permutation(labels.length);
  const cut = Math.floor(0.8 * labels.length);
  if (cut === 0) return before;
  const [train, held] = [order.slice(0, cut), order.slice(cut)];
  // Over the experience's own classes: a column of zeros for any other is predicted without error.
  const targets = (rows: readonly number[]): Matrix =>
    oneHot(
      Int32Array.from(rows, (row) => current.indexOf(labels[row]!)),
      current.length,
      'float64',
    );
  const predict = await predictor(
    doubles(hidden, train),
    targets(train),
    doubles(hidden, held),
    signal,
  );
  const truth = targets(held).data;
  let best = { ridge: before, error: Infinity };
  for (const [i, ridge] of candidates.entries()) {
    throwIfAborted('ranpac', signal);
    const error = await errorOf(ridge, predict, truth);
    if (error < best.error) best = { ridge, error };
    onProgress?.({ phase: 'λ', done: i + 1, total: candidates.length });
  }
  return best.ridge;
}

/** Predictions [m, C] for held-out rows under a λ, on the smaller side: (G + λI)⁻¹ or, of fewer samples, (K + λI)⁻¹. */
async function predictor(
  train: Matrix,
  targets: Matrix,
  held: Matrix,
  signal: AbortSignal | undefined,
): Promise<(ridge: number) => Promise<Matrix>> {
  if (train.rows < train.cols) {
    const kernel = await linearKernel(train, train, { signal });
    const across = await linearKernel(held, train, { signal });
    return async (ridge) =>
      multiply(across, await (await cholesky(kernel, { ridge, signal })).solve(targets), {
        signal,
      });
  }
  const gram = createGram(train.cols);
  await gram.add(train, signal);
  const cross = await multiply(train, targets, { transposeA: true, signal });
  return async (ridge) =>
    multiply(held, await (await cholesky(gram, { ridge, signal })).solve(cross), { signal });
}

/** Mean squared error, infinite for a λ that is too small for the system to be solved. */
async function errorOf(
  ridge: number,
  predict: (ridge: number) => Promise<Matrix>,
  truth: ArrayLike<number>,
): Promise<number> {
  try {
    const { data } = await predict(ridge);
    let sum = 0;
    for (let i = 0; i < data.length; i += 1) sum += (data[i]! - truth[i]!) ** 2;
    return sum / data.length;
  } catch (error) {
    if (isClError(error) && error.code === 'NOT_POSITIVE_DEFINITE') return Infinity;
    throw error;
  }
}

function doubles({ cols, data }: Matrix, rows: readonly number[]): Matrix<Float64Array> {
  const picked = new Float64Array(rows.length * cols);
  rows.forEach((row, i) => {
    picked.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return { rows: rows.length, cols, data: picked };
}
