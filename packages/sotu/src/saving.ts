/** The state of a learner as data, and back. */
import {
  assertState,
  ClError,
  isClError,
  stateTensor,
  type LearnerState,
  type Tensor,
} from '@cl/hub';
import { z } from 'zod';
import { restoreClassifier } from './create-classifier.ts';
import { restoreExemplars, saveExemplars } from './exemplars.ts';
import { DeltaMerge } from './merge.ts';
import { mergeRules, type Sums } from './merge-rules.ts';
import type { TaskRecord } from './records.ts';
import { mergedWeights, mergeOptions, type SotuParts, type SotuState } from './sotu-state.ts';
import { packDelta, unpackDelta } from './stored-delta.ts';

const count = z.int().min(0);
const overlap = z.object({ product: z.number(), shared: count });
const deltaRecord = z.object({
  whole: z.array(z.number()),
  masked: z.array(z.object({ square: z.number(), kept: count, all: count })),
  pairs: z.array(
    z.object({ task: count, whole: z.array(z.number()).nullable(), masked: z.array(overlap) }),
  ),
});
const record = z.object({
  task: count,
  name: z.string(),
  digest: z.string(),
  classes: z.array(z.string()),
  losses: z.array(z.number()),
  drift: z.number().nullable(),
  delta: deltaRecord.nullable(),
}) satisfies z.ZodType<TaskRecord>;
const header = z.object({
  task: count,
  counts: z.array(count),
  keep: z.array(z.number()).nullable(),
  taken: z.array(z.number()).nullable(),
});

/** Numbers and words of a state. */
const valuesSchema = z.object({
  seed: count,
  /** Fingerprint of θ₀. */
  base: z.string(),
  /** Names of what is fine-tuned, in the order of all lists. */
  parameters: z.array(z.string()),
  /** How many deltas are merged. */
  merged: count,
  deltas: z.array(header),
  taken: z.array(z.number()),
  records: z.array(record),
});

/** The seed of a saved learner: needed before anything else of it. */
export function savedSeed(state: LearnerState): number {
  return valuesOf(state).seed;
}

/** What a state adds to classes and experiences. */
export function saveState(
  parts: SotuParts,
  { merge, classifier, records, exemplars, taken }: SotuState,
): Pick<LearnerState, 'values' | 'tensors'> {
  const tensors: Record<string, Tensor> = { ...classifier.save(), ...saveExemplars(exemplars) };
  const packed = merge.deltas.map((delta) => packDelta(delta, parts.parameters));
  for (const delta of packed) Object.assign(tensors, delta.tensors);
  if (parts.options.keep === 'merged' && merge.tasks > 0) {
    Object.assign(tensors, packSums(parts, merge));
  }
  const values: z.infer<typeof valuesSchema> = {
    seed: parts.seed,
    base: parts.model.fingerprint,
    parameters: parts.parameters.map(({ name }) => name),
    merged: merge.tasks,
    deltas: packed.map((delta) => delta.header as z.infer<typeof header>),
    taken: parts.parameters.map(({ name }) => taken.get(name) ?? 0),
    records: [...records] as z.infer<typeof record>[],
  };
  return { values: values, tensors };
}

/**
 * The state that `saveState` described.
 *
 * @throws ClError `CORRUPT_FILE` when something is missing or contradicts the options or the backbone.
 */
export async function restoreState(parts: SotuParts, state: LearnerState): Promise<SotuState> {
  assertState('sotu', state);
  const values = valuesOf(state);
  const { parameters, model, theta0, options } = parts;
  const names = parameters.map(({ name }) => name);
  if (values.parameters.join() !== names.join() || values.base !== model.fingerprint) {
    throw corrupt(
      `${values.parameters.length} trained parameters of a backbone ${values.base.slice(0, 12)}…`,
      `the ${names.length} that these options train in ${model.fingerprint.slice(0, 12)}…`,
    );
  }
  const merge = orCorrupt(() => restoreMerge(parts, state, values));
  return {
    merge,
    weights: mergedWeights(theta0, merge),
    classifier: await restoreClassifier(parts, state),
    records: values.records,
    exemplars: options.prototypes === 'exemplars' ? restoreExemplars(state, model.imageSize) : [],
    taken: new Map(names.map((name, i) => [name, values.taken[i] ?? 0])),
  };
}

function restoreMerge(
  parts: SotuParts,
  state: LearnerState,
  { seed, base, deltas, merged }: z.infer<typeof valuesSchema>,
): DeltaMerge {
  const { options, parameters } = parts;
  if (options.keep === 'deltas') {
    const { group, blockSize } = options;
    const source = { base, seed, parameters, group, blockSize };
    return DeltaMerge.of(
      mergeOptions(parts),
      deltas.map((delta) => unpackDelta(state, delta, source)),
    );
  }
  if (merged === 0) return DeltaMerge.of(mergeOptions(parts));
  return DeltaMerge.fromSums(mergeOptions(parts), merged, unpackSums(parts, state));
}

function packSums({ parameters, options }: SotuParts, merge: DeltaMerge): Record<string, Tensor> {
  const total = parameters.reduce((sum, { length }) => sum + length, 0);
  const tensors = mergeRules[options.merge].remembers.map((what, k): [string, Tensor] => {
    const data = new Float32Array(total);
    let offset = 0;
    for (const { name, length } of parameters) {
      data.set(merge.sums.get(name)![k]!, offset);
      offset += length;
    }
    return [`merged.${what}`, { dtype: 'float32', dims: [total], data }];
  });
  return Object.fromEntries(tensors);
}

function unpackSums(
  { parameters, options }: SotuParts,
  state: LearnerState,
): ReadonlyMap<string, Sums> {
  const total = parameters.reduce((sum, { length }) => sum + length, 0);
  const arrays = mergeRules[options.merge].remembers.map(
    (what) => stateTensor('sotu', state, `merged.${what}`, ['float32'], [total]).data,
  );
  let offset = 0;
  return new Map(
    parameters.map(({ name, length }) => {
      const from = offset;
      offset += length;
      return [name, arrays.map((array) => array.slice(from, offset))];
    }),
  );
}

function valuesOf(state: LearnerState): z.infer<typeof valuesSchema> {
  const parsed = valuesSchema.safeParse(state.values);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw corrupt(`values whose ${issue!.path.join('.')} is no good (${issue!.message})`, 'its own');
}

/** Sizes that do not fit mean a damaged file here, whatever they mean where they are found. */
function orCorrupt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isClError(error) || error.code === 'CORRUPT_FILE') throw error;
    throw corrupt(`deltas that do not fit (${error.message})`, 'those it learned', error);
  }
}

function corrupt(found: string, expected: string, cause?: unknown): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `sotu: the saved state has ${found}, expected ${expected}. ` +
      'Restore an earlier copy, and use the options and the backbone that it was saved with.',
    { cause },
  );
}
