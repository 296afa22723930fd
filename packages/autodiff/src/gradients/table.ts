/** The table of derivatives: every operator that has a gradient rule. */
import type { GradientRule } from '../rule.ts';
import { activations } from './activations.ts';
import { convolution } from './convolution.ts';
import { choices, elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { markers } from './markers.ts';
import { normalization } from './normalization.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';
import { shape } from './shape.ts';
import { softmax } from './softmax.ts';

/**
 * The rules by operator: `Add`, `com.microsoft.QuickGelu`. What gives integers or truth values (`ArgMax`, `Equal`,
 * `Shape`) needs none: no gradient passes a value that is not real.
 */
export const gradients: ReadonlyMap<string, GradientRule> = tableOf([
  ...elementwise,
  ...choices,
  ...activations,
  ...reductions,
  ...softmax,
  ...normalization,
  ...products,
  ...shape,
  ...indexing,
  convolution,
  ...markers,
]);

/** Rules by the operator's full name; of two for one operator the later counts. */
export function tableOf(rules: readonly GradientRule[]): Map<string, GradientRule> {
  return new Map(rules.map((rule) => [operatorOf(rule), rule]));
}

/** The full name of an operator: with its domain, if that is not ONNX's own. */
export function operatorOf({
  domain,
  opType,
}: {
  readonly domain: string;
  readonly opType: string;
}): string {
  return domain === '' ? opType : `${domain}.${opType}`;
}
