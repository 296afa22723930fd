/**
 * A hidden layer that is drawn once and never trained: ReLU(x·W) with W from a seed. RAIL's primal form (Xu et al.,
 * NeurIPS 2024, §3.2), ACIL and RanPAC lift features with it before a ridge regression.
 */
import { ClError, type Matrix, type Random } from '@cl/hub';
import { realArray, type RealType } from './real.ts';

/**
 * W [inputDim, hiddenDim], each entry uniform in ±1/√inputDim: the initialisation of PyTorch's `nn.Linear`, which the
 * authors' code uses. Drawn row by row, so that the same generator state gives the same numbers in either type
 * (float32 ones are the float64 ones rounded).
 *
 * @throws ClError `INVALID_OPTION` unless both widths are positive integers.
 */
export function randomProjection(
  inputDim: number,
  hiddenDim: number,
  random: Random,
  dtype: RealType = 'float64',
): Matrix {
  if (![inputDim, hiddenDim].every((width) => Number.isInteger(width) && width > 0)) {
    throw new ClError(
      'INVALID_OPTION',
      `randomProjection: from ${inputDim} to ${hiddenDim} dimensions, expected two positive integers. ` +
        'Check the width of the features and the option hiddenDim.',
    );
  }
  const bound = 1 / Math.sqrt(inputDim);
  const data = realArray(dtype, inputDim * hiddenDim);
  for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * bound;
  return { rows: inputDim, cols: hiddenDim, data };
}
