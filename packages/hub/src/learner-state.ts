/** What `restore` asks of a saved state before it believes a number of it. */
import { ClError } from './errors.ts';
import type { LearnerState } from './learner.ts';
import type { DType, Tensor } from './tensor.ts';

/**
 * The tensor of a state with this name, one of these element types and this shape, `undefined` where any size will do.
 *
 * @throws ClError `CORRUPT_FILE` when it is missing or differs, or its data do not fill its shape.
 */
export function stateTensor<D extends DType>(
  learner: string,
  state: LearnerState,
  name: string,
  dtypes: readonly D[],
  dims: readonly (number | undefined)[],
): Tensor<D> {
  const tensor = state.tensors[name];
  const wanted = `${dtypes.join(' or ')} [${dims.map((size) => size ?? 'any').join(', ')}]`;
  if (tensor === undefined) throw corrupt(learner, `no tensor "${name}"`, wanted);
  const fits =
    (dtypes as readonly DType[]).includes(tensor.dtype) &&
    tensor.dims.length === dims.length &&
    tensor.dims.every((size, axis) => size === (dims[axis] ?? size)) &&
    tensor.data.length === tensor.dims.reduce((product, size) => product * size, 1);
  if (fits) return tensor as Tensor<D>;
  const found = `"${name}" as ${tensor.dtype} [${tensor.dims.join(', ')}] of ${tensor.data.length} numbers`;
  throw corrupt(learner, found, wanted);
}

/**
 * Checks what every state has: a whole number of experiences, and no class without one.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function assertState(learner: string, { experiences, classes }: LearnerState): void {
  if (!Number.isInteger(experiences) || experiences < 0) {
    throw corrupt(learner, `${experiences} experiences`, 'a whole number from 0');
  }
  if (experiences === 0 && classes.length > 0) {
    throw corrupt(learner, `${classes.length} classes after 0 experiences`, 'none');
  }
}

/**
 * The seed among a state's values: a learner that saves `{ seed }` and forks its generators from it needs no other state.
 *
 * @throws ClError `CORRUPT_FILE` when it is missing or no integer.
 */
export function stateSeed(learner: string, { values }: LearnerState): number {
  const { seed } = values;
  if (typeof seed === 'number' && Number.isSafeInteger(seed)) return seed;
  const found = seed === undefined ? 'no seed' : `the seed ${JSON.stringify(seed)}`;
  throw corrupt(learner, found, 'an integer');
}

function corrupt(learner: string, found: string, expected: string): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `${learner}: the saved state has ${found}, expected ${expected}. ` +
      `Restore an earlier copy, and check that ${learner} saved it with these options.`,
  );
}
