/**
 * __DESCRIPTION__
 *
 * As it stands: the accuracy on the worst evaluation at the end, min over j of A[T,j]. Replace `compute` and say in
 * `formula` exactly what it computes. A metric is pure, and `undefined` where what it reads was not evaluated.
 */
import { ClError, defineMetric, type MetricPlugin } from '@cl/hub';
import { z } from 'zod';

/** The plugin. */
export const myPlugin: MetricPlugin = defineMetric({
  name: 'my-plugin',
  description: '__DESCRIPTION__',
  defaults: {},
  help: {},
  schema: z.object({}),
  label: 'Worst',
  formula: 'min over j of A[T,j]',
  better: 'higher',
  compute({ accuracy }) {
    const final = accuracy.at(-1) ?? [];
    if (final.length === 0 || final.includes(undefined)) return undefined;
    if (final.some(Number.isNaN)) {
      throw new ClError(
        'NON_FINITE',
        'my-plugin: an accuracy is NaN. Use undefined for what was not evaluated.',
      );
    }
    return Math.min(...(final as number[]));
  },
});
