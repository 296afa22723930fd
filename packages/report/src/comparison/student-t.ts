/** Student's t distribution for whole degrees of freedom, where it is a finite sum. */

/**
 * P(|T| ≥ |t|), by Abramowitz and Stegun 26.7.3 and 26.7.4 with θ = atan(|t| / √ν). Exact to rounding: to about
 * 1e−15 absolutely.
 *
 * @param t - the statistic.
 * @param degrees - ν, a whole number of at least 1.
 */
export function twoSidedP(t: number, degrees: number): number {
  const angle = Math.atan(Math.abs(t) / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const odd = degrees % 2 === 1;
  // Odd ν: cos θ (1 + 2/3 cos² θ + 2·4/(3·5) cos⁴ θ + …); even ν: 1 + 1/2 cos² θ + 1·3/(2·4) cos⁴ θ + …
  let term = odd ? cosine : 1;
  let sum = 0;
  for (let k = odd ? 3 : 2; k <= degrees; k += 2) {
    sum += term;
    term *= ((k - 1) / k) * cosine * cosine;
  }
  const inside = Math.sin(angle) * sum;
  return Math.max(0, 1 - (odd ? (2 / Math.PI) * (angle + inside) : inside));
}

/** The t with P(|T| ≥ t) = p, found by bisection: half the width of an interval in standard errors. */
export function criticalT(p: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (twoSidedP(high, degrees) > p) high *= 2;
  for (let i = 0; i < 100; i += 1) {
    const middle = (low + high) / 2;
    if (twoSidedP(middle, degrees) > p) low = middle;
    else high = middle;
  }
  return high;
}
