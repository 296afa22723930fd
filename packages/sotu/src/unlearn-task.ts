/** Taking a task out again. */
import { ClassRegistry, ClError, type UnlearnRequest } from '@cl/hub';
import { meansOf } from './classifiers/nearest-mean.ts';
import { digestOf, type TaskRecord } from './records.ts';
import { mergedWeights, type SotuParts, type SotuState } from './sotu-state.ts';

/**
 * The state without the task that was asked for: all samples of a task, or a class that had a task to itself.
 *
 * @throws ClError `NOT_SUPPORTED` when the request names less than a task, `UNKNOWN_CLASS`.
 */
export function unlearnTask(
  { theta0 }: SotuParts,
  state: SotuState,
  classes: ClassRegistry,
  request: UnlearnRequest,
): { readonly state: SotuState; readonly classes: ClassRegistry } {
  assertKnown(classes, request);
  const records = recordsFor(state.records, request);
  let { merge, exemplars } = state;
  let classifier = meansOf(state.classifier)!; // canUnlearn asks for it
  let left = classes;
  for (const { task } of records) {
    const delta = merge.deltas.find((kept) => kept.task === task);
    if (delta !== undefined) merge = merge.without(delta);
    const means = classifier.means.filter((mean) => mean.task !== task);
    const seen = new Set(means.map(({ column }) => column));
    const before = left;
    left = new ClassRegistry(before.all.filter((_, c) => seen.has(c)));
    const columns = before.all.map(({ id }) => left.position(id) ?? -1);
    classifier = classifier.without(task, columns);
    exemplars = exemplars
      .filter((set) => set.task !== task)
      .map((set) => ({ ...set, column: columns[set.column]! }));
  }
  const gone = new Set(records.map(({ task }) => task));
  const rest = state.records
    .filter(({ task }) => !gone.has(task))
    .map((record) => ({ ...record, delta: withoutPairs(record, gone) }));
  const weights = mergedWeights(theta0, merge);
  return {
    state: { ...state, merge, weights, classifier, records: rest, exemplars },
    classes: left,
  };
}

/** The tasks that consist of what is to be forgotten and of nothing else. */
function recordsFor(
  records: readonly TaskRecord[],
  request: UnlearnRequest,
): readonly TaskRecord[] {
  if (request.kind === 'samples') {
    const digest = digestOf(request.samples);
    const found = records.filter((record) => record.digest === digest);
    if (found.length > 0) return found;
    throw new ClError(
      'NOT_SUPPORTED',
      `sotu: the ${request.samples.length} samples are not those of one task, expected all samples of a task: they made one ` +
        'delta together, which cannot be split. Unlearn a whole task, and learn the rest of it again.',
    );
  }
  const { classId } = request;
  const found = records.filter(({ classes }) => classes.includes(classId));
  const shared = found.find(({ classes }) => classes.length > 1);
  if (shared === undefined) return found;
  const others = shared.classes.filter((id) => id !== classId).slice(0, 3);
  throw new ClError(
    'NOT_SUPPORTED',
    `sotu: class "${classId}" was learned with ${others.map((id) => `"${id}"`).join(', ')} in task ${shared.task} ` +
      `("${shared.name}"), expected a task of its own: the delta they made together cannot be split. ` +
      'Unlearn all samples of the task, and learn the other classes again.',
  );
}

function withoutPairs({ delta }: TaskRecord, gone: ReadonlySet<number>): TaskRecord['delta'] {
  return delta && { ...delta, pairs: delta.pairs.filter(({ task }) => !gone.has(task)) };
}

function assertKnown(classes: ClassRegistry, request: UnlearnRequest): void {
  const ids =
    request.kind === 'class' ? [request.classId] : request.samples.map(({ classId }) => classId);
  const unknown = ids.find((id) => !classes.has(id));
  if (unknown === undefined) return;
  throw new ClError(
    'UNKNOWN_CLASS',
    `sotu: class "${unknown}" is to be unlearned, expected one that was learned. ` +
      `Choose one of the ${classes.size} learned classes.`,
  );
}
