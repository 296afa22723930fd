/** Statistics of one class, and the distance to it. */

/** How many features, their mean [D], and Σ (x − mean)(x − mean)ᵀ as its lower triangle [D (D + 1) / 2], row by row. */
export interface ClassStatistics {
  readonly count: number;
  readonly mean: Float64Array;
  readonly scatter: Float64Array;
}

/** Statistics of features, each [D], without those of anything before. */
export function statisticsOf(rows: readonly Float64Array[], width: number): ClassStatistics {
  const mean = new Float64Array(width);
  for (const row of rows) for (let d = 0; d < width; d += 1) mean[d]! += row[d]! / rows.length;
  const scatter = new Float64Array((width * (width + 1)) / 2);
  for (const row of rows) {
    for (let i = 0, at = 0; i < width; i += 1) {
      const left = row[i]! - mean[i]!;
      for (let j = 0; j <= i; j += 1, at += 1) scatter[at]! += left * (row[j]! - mean[j]!);
    }
  }
  return { count: rows.length, mean, scatter };
}

/** Statistics of both together, exactly (Chan et al., 1979). */
export function joined(a: ClassStatistics, b: ClassStatistics): ClassStatistics {
  const count = a.count + b.count;
  const shift = b.mean.map((x, d) => x - a.mean[d]!);
  const weight = (a.count * b.count) / count;
  const scatter = a.scatter.slice();
  for (let i = 0, at = 0; i < shift.length; i += 1) {
    for (let j = 0; j <= i; j += 1, at += 1) {
      scatter[at]! += b.scatter[at]! + weight * shift[i]! * shift[j]!;
    }
  }
  return { count, mean: a.mean.map((x, d) => x + (shift[d]! * b.count) / count), scatter };
}

/**
 * The Cholesky factor of the class's covariance as FeCAM shapes it: shrunk to Σ + γ V₁ I + γ V₂ (1 − I), V₁ the mean
 * variance and V₂ the mean covariance; then normalised to correlations. One sample has no covariance: identity.
 *
 * @returns the lower triangle [D (D + 1) / 2], row by row; `undefined` when the covariance is singular.
 */
export function factorOf(
  { count, scatter, mean }: ClassStatistics,
  shrinkage: number,
): Float64Array | undefined {
  const width = mean.length;
  const [diagonal, off] = means(scatter, width);
  const lower = new Float64Array(scatter.length);
  const flat = count < 2 || diagonal === 0;
  for (let i = 0, at = 0; i < width; i += 1) {
    for (let j = 0; j <= i; j += 1, at += 1) {
      if (flat) lower[at] = i === j ? 1 : 0;
      else lower[at] = (scatter[at]! + shrinkage * (i === j ? diagonal : off)) / (count - 1);
    }
  }
  const deviations = mean.map((_, i) => Math.sqrt(lower[index(i, i)]!));
  for (let i = 0, at = 0; i < width; i += 1) {
    for (let j = 0; j <= i; j += 1, at += 1) lower[at]! /= deviations[i]! * deviations[j]!;
  }
  return choleskyInPlace(lower, width) ? lower : undefined;
}

/** dᵀ Σ⁻¹ d with Σ = L Lᵀ: the squared length of L⁻¹ d, by forward substitution. */
export function mahalanobis(factor: Float64Array, difference: Float64Array): number {
  const solved = difference.slice();
  let sum = 0;
  for (let i = 0, at = 0; i < solved.length; i += 1) {
    let x = solved[i]!;
    for (let j = 0; j < i; j += 1, at += 1) x -= factor[at]! * solved[j]!;
    solved[i] = x / factor[at]!;
    sum += solved[i]! ** 2;
    at += 1;
  }
  return sum;
}

function means(scatter: Float64Array, width: number): [diagonal: number, off: number] {
  let [diagonal, off] = [0, 0];
  for (let i = 0, at = 0; i < width; i += 1) {
    for (let j = 0; j < i; j += 1, at += 1) off += scatter[at]!;
    diagonal += scatter[at]!;
    at += 1;
  }
  const pairs = (width * (width - 1)) / 2;
  return [diagonal / width, pairs === 0 ? 0 : off / pairs];
}

function choleskyInPlace(lower: Float64Array, width: number): boolean {
  for (let i = 0; i < width; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = lower[index(i, j)]!;
      const [left, right] = [index(i, 0), index(j, 0)];
      for (let k = 0; k < j; k += 1) sum -= lower[left + k]! * lower[right + k]!;
      if (i !== j) lower[left + j] = sum / lower[right + j]!;
      else if (sum <= 1e-12) return false;
      else lower[left + i] = Math.sqrt(sum);
    }
  }
  return true;
}

function index(i: number, j: number): number {
  return (i * (i + 1)) / 2 + j;
}
