/** Operators that exist for differentiation alone: their forward pass is the identity, their gradient is a decision. */
import { markerDomain } from '../emitter.ts';
import { rule, type GradientRule } from '../rule.ts';

/** `StopGradient(x)` and `StraightThrough(value, through)`. */
export const markers: readonly GradientRule[] = [
  rule(`${markerDomain}.StopGradient`, 1, () => [null]),
  rule(`${markerDomain}.StraightThrough`, 1, (n) => [null, n.dy]),
];
