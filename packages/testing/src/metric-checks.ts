import type { MetricInput, MetricPlugin } from '@cl/hub';
import { assert, assertEqual, assertRefuses, type Check } from './check.ts';
import { pluginChecks } from './plugin-checks.ts';
import { assertUntouched, deepFreeze } from './untouched.ts';

/** Four tasks of unequal test sizes, every evaluation made, no two accuracies alike and none of them 0. */
const full: MetricInput = deepFreeze({
  accuracy: [
    [0.91, 0.13, 0.31, 0.22],
    [0.72, 0.83, 0.37, 0.24],
    [0.65, 0.76, 0.87, 0.28],
    [0.58, 0.69, 0.79, 0.95],
  ],
  testSizes: [10, 30, 60, 20],
  baseline: [0.11, 0.12, 0.3, 0.2],
});

/** The checks that a metric plugin has to pass. */
export function metricChecks(plugin: MetricPlugin): readonly Check[] {
  const compute = (input: MetricInput): number | undefined => plugin.compute(input);
  return [
    ...pluginChecks('metric', plugin),
    {
      name: 'says what it is: a label and a formula',
      async run() {
        assert(plugin.label.trim() !== '', 'label: found nothing, expected a heading.');
        assert(plugin.formula.trim() !== '', 'formula: found nothing, expected a definition.');
        assert(
          ['higher', 'lower'].includes(plugin.better),
          `better: found "${plugin.better}", expected higher or lower.`,
        );
      },
    },
    {
      name: 'is a finite number where everything was evaluated',
      async run() {
        const value = compute(full);
        assert(Number.isFinite(value), `compute: found ${String(value)}, expected a number.`);
      },
    },
    {
      name: 'repeats itself exactly and leaves its input unmodified',
      async run() {
        const input = structuredClone(full); // not frozen, so that a write is found by its effect
        await assertUntouched(input, 'input', async () => {
          assertEqual(compute(input), compute(input), 'computed twice');
        });
      },
    },
    {
      name: 'is not available, rather than 0 or NaN, when nothing was evaluated',
      async run() {
        const accuracy = full.accuracy.map((row) => row.map(() => undefined));
        assertEqual(compute({ ...full, accuracy }), undefined, 'every evaluation missing');
        assertEqual(
          compute({ accuracy: [], testSizes: [], baseline: [] }),
          undefined,
          'nothing learned',
        );
      },
    },
    {
      name: 'never counts a missing evaluation as an accuracy of 0',
      async run() {
        for (const [i, j] of cells()) {
          const missing = compute(withCell(i, j, undefined));
          const depends = compute(withCell(i, j, 0)) !== compute(withCell(i, j, 1));
          assert(
            missing === undefined || Number.isFinite(missing),
            `evaluation [${i}][${j}] missing: found ${String(missing)}, expected a number or undefined.`,
          );
          assert(
            !depends || missing === undefined || missing !== compute(withCell(i, j, 0)),
            `evaluation [${i}][${j}] missing: found ${String(missing)}, the same as with accuracy 0.`,
          );
        }
      },
    },
    {
      name: 'counts an accuracy of exactly 0',
      async run() {
        for (const [i, j] of cells()) {
          const [zero, tiny] = [compute(withCell(i, j, 0)), compute(withCell(i, j, 1e-9))];
          assert(
            zero !== undefined && tiny !== undefined && Math.abs(zero - tiny) < 1e-6,
            `evaluation [${i}][${j}]: accuracy 0 gives ${String(zero)} and 1e-9 gives ` +
              `${String(tiny)}, expected nearly the same.`,
          );
        }
      },
    },
    {
      name: 'refuses an accuracy that is NaN',
      async run() {
        const input = withCell(3, 0, Number.NaN);
        await assertRefuses(() => compute(input), ['NON_FINITE', 'INVALID_DATA'], 'compute');
      },
    },
  ];
}

function cells(): readonly (readonly [number, number])[] {
  return full.accuracy.flatMap((row, i) => row.map((_, j) => [i, j] as const));
}

/** The full input with one accuracy replaced. */
function withCell(i: number, j: number, value: number | undefined): MetricInput {
  const accuracy = full.accuracy.map((row) => [...row]);
  accuracy[i]![j] = value;
  return { ...full, accuracy };
}
