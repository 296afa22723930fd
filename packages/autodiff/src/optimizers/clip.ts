/** Between gradients and optimiser: the length of a gradient, and the mean of several. */
import { ClError } from '@cl/hub';

/** Euclidean length of all gradients together; NaN or infinite when one of them is. */
export function gradientNorm(gradients: Float32Array): number {
  return Math.sqrt(sumOfSquares(gradients));
}

/** Σ g², in float64. Four sums at a time, so that no addition waits for the one before: 0.6 instead of 1.3 ns a number. */
export function sumOfSquares(g: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = g.length - (g.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += g[i]! * g[i]!;
    b += g[i + 1]! * g[i + 1]!;
    c += g[i + 2]! * g[i + 2]!;
    d += g[i + 3]! * g[i + 3]!;
  }
  for (let i = whole; i < g.length; i++) a += g[i]! * g[i]!;
  return a + b + c + d;
}

/** What to multiply gradients by for their length to be at most `maxNorm`: 1 when it is already. */
export function clipScale(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6)); // as PyTorch: the 1e-6 keeps 0/0 out
}

/**
 * Shortens gradients to a length, in place; shorter ones stay as they are (Pascanu et al., ICML 2013).
 *
 * @returns the length before.
 */
export function clipGradients(gradients: Float32Array, maxNorm: number): number {
  const norm = gradientNorm(gradients);
  const scale = clipScale(norm, maxNorm);
  if (scale < 1) for (let i = 0; i < gradients.length; i++) gradients[i] = gradients[i]! * scale;
  return norm;
}

/** The gradient of a large batch from those of its parts, so that memory is that of a part. */
export class GradientAccumulator {
  readonly #sum: Float32Array;
  #weight = 0;

  /** @param length - elements of a gradient. */
  constructor(length: number) {
    this.#sum = new Float32Array(length);
  }

  /**
   * Adds the gradient of a mean loss over some rows.
   *
   * @param gradients - read only.
   * @param rows - how many: parts of different size count accordingly.
   */
  add(gradients: Float32Array, rows: number): void {
    const sum = this.#sum;
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + rows * gradients[i]!;
    this.#weight += rows;
  }

  /**
   * Writes the gradient of the mean over all rows and starts again at zero.
   *
   * @throws ClError `INVALID_DATA` when nothing was added.
   */
  take(into: Float32Array): void {
    if (this.#weight === 0) {
      throw new ClError(
        'INVALID_DATA',
        'GradientAccumulator: nothing was added, expected the gradients of at least one batch. Call add() first.',
      );
    }
    const [sum, scale] = [this.#sum, 1 / this.#weight];
    for (let i = 0; i < sum.length; i++) into[i] = sum[i]! * scale;
    this.clear();
  }

  /** Starts again at zero. */
  clear(): void {
    this.#sum.fill(0);
    this.#weight = 0;
  }
}
