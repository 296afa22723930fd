/** What optimisers remember from step to step, in and out of checkpoints. */
import { ClError, type Tensor } from '@cl/hub';

/** The number of steps and arrays by name, as tensors. */
export function saveHistory(
  steps: number,
  arrays: Readonly<Record<string, Float32Array>>,
): Record<string, Tensor> {
  const copies = Object.entries(arrays).map(([name, data]): [string, Tensor] => [
    name,
    { dtype: 'float32', dims: [data.length], data: data.slice() },
  ]);
  return {
    steps: { dtype: 'float64', dims: [], data: Float64Array.of(steps) },
    ...Object.fromEntries(copies),
  };
}

/**
 * Writes saved arrays over those given, all or none, and gives the number of steps.
 *
 * @throws ClError `SHAPE_MISMATCH`.
 */
export function restoreHistory(
  where: string,
  state: Readonly<Record<string, Tensor>>,
  arrays: Readonly<Record<string, Float32Array>>,
): number {
  const steps = Number(state['steps']?.data[0]);
  const fits = Object.entries(arrays).every(([name, { length }]) => {
    const tensor = state[name];
    return tensor?.dtype === 'float32' && tensor.data.length === length;
  });
  if (
    !fits ||
    !Number.isSafeInteger(steps) ||
    Object.keys(state).length !== Object.keys(arrays).length + 1
  ) {
    throw new ClError(
      'SHAPE_MISMATCH',
      `${where}: the saved history holds ${Object.keys(state).join(', ') || 'nothing'}, expected steps, ` +
        `${Object.keys(arrays).join(', ')} of this store's size. Load the history of the same optimiser and model.`,
    );
  }
  for (const [name, array] of Object.entries(arrays)) array.set(state[name]!.data as Float32Array);
  return steps;
}
