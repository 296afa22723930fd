/** One task: fine-tune, take the difference, mask, merge, and teach the classifier the merged features. */
import { ClError, createRandom, type Lesson, type Matrix, type WorkOptions } from '@cl/hub';
import { meansOf, type NearestMean } from './classifiers/nearest-mean.ts';
import { subtract, type TaskDelta } from './delta.ts';
import { exemplarRows, remeasured, type Exemplars } from './exemplars.ts';
import type { Weights } from './extractor.ts';
import { importanceOf, type ImportanceKind } from './importance.ts';
import { keepRate, maskTask, projectOnMask, survivorScale, type Masking } from './masking.ts';
import { mergeRules } from './merge-rules.ts';
import { digestOf, meanDrift, recordDelta, type DeltaRecord } from './records.ts';
import { mergedWeights, type SotuParts, type SotuState } from './sotu-state.ts';
import { fineTune, type TuningTask } from './tuning.ts';

/** A task and what it is called. */
export interface NamedLesson {
  readonly lesson: Lesson;
  readonly name: string;
}

/**
 * The state after one more task. `state` stays as it was.
 *
 * @throws ClError `INVALID_DATA` for a task of one class unless that is allowed, `NON_FINITE`, `ABORTED`, and what
 * masks, merge rules and the backbone throw.
 */
export async function learnTask(
  parts: SotuParts,
  state: SotuState,
  { lesson, name }: NamedLesson,
  work: WorkOptions = {},
): Promise<SotuState> {
  const { options, extractor, theta0, backbone } = parts;
  const { images, labels, classes, index: task } = lesson;
  const tuned = isTuned(parts, state, { lesson, name });
  const before = await extractor.features(state.weights, images, work);
  const delta = tuned ? await deltaOf(parts, state, lesson, before, work) : undefined;
  const merge = delta === undefined ? state.merge : state.merge.with(delta.masked);
  const weights = delta === undefined ? state.weights : mergedWeights(theta0, merge);
  const after = delta === undefined ? before : await extractor.features(weights, images, work);
  const moved = delta !== undefined;
  const past = moved
    ? await correctedPast(parts, state, { before, after, weights }, work)
    : undefined;
  const classifier = await (past ?? state.classifier).learn(
    { task, features: after, labels, classes },
    work,
  );
  const kept: Exemplars[] = [];
  if (options.prototypes === 'exemplars') {
    for (const [column, rows] of exemplarRows(labels, options.exemplars)) {
      const pixels = await backbone.pixels(
        rows.map((row) => images[row]!),
        work,
      );
      kept.push({ task, column, pixels });
    }
  }
  const record = {
    task,
    name,
    digest: digestOf(lesson.samples),
    classes: [...new Set(lesson.samples.map(({ classId }) => classId))].sort(),
    losses: delta?.losses ?? [],
    drift: delta === undefined ? null : meanDrift(before, after),
    delta: delta?.record ?? null,
  };
  return {
    merge,
    weights,
    classifier,
    records: [...state.records, record],
    exemplars: [...state.exemplars, ...kept],
    taken: delta?.taken ?? state.taken,
  };
}

/** Features of the task's images under the merged model without the task and with it, and that model. */
interface Movement {
  readonly before: Matrix<Float32Array>;
  readonly after: Matrix<Float32Array>;
  readonly weights: Weights;
}

/** Class means of earlier tasks for the backbone as it is now; `undefined` where they stay as they were. */
async function correctedPast(
  { options, extractor }: SotuParts,
  state: SotuState,
  { before, after, weights }: Movement,
  work: WorkOptions,
): Promise<NearestMean | undefined> {
  const means = meansOf(state.classifier);
  if (means === undefined || means.means.length === 0) return undefined;
  if (options.prototypes === 'drift') return means.drifted(before, after);
  if (options.prototypes !== 'exemplars') return undefined;
  return remeasured(means, state.exemplars, (pixels) =>
    extractor.pixelFeatures(weights, pixels, work),
  );
}

/** Whether the task moves the backbone. */
function isTuned({ options }: SotuParts, state: SotuState, { lesson, name }: NamedLesson): boolean {
  if (lesson.current.length < 2) {
    if (options.singleClass === 'prototype') return false;
    throw new ClError(
      'INVALID_DATA',
      `sotu: experience ${lesson.index} ("${name}") has one class, expected at least two: a head with one class has ` +
        'nothing to tell apart, so its loss moves nothing. Learn it together with other classes, or set singleClass to ' +
        '"prototype" to learn its class mean without fine-tuning.',
    );
  }
  if (options.prototypes !== 'first-task') return true;
  return state.records.every(({ delta }) => delta === null);
}

interface Delta {
  readonly masked: TaskDelta;
  readonly losses: readonly number[];
  readonly record: DeltaRecord;
  /** With what this task takes. */
  readonly taken: ReadonlyMap<string, number>;
}

/** δ̂ of the task, and what there is to tell of it. */
async function deltaOf(
  parts: SotuParts,
  state: SotuState,
  { images, labels, current, index: task }: Lesson,
  before: Matrix<Float32Array>,
  work: WorkOptions,
): Promise<Delta> {
  const { options, parameters, model, theta0, seed, extractor } = parts;
  const start = options.start === 'merged' ? state.weights : theta0;
  const masking: Masking = {
    options,
    parameters,
    base: model.fingerprint,
    seed,
    task,
    taken: state.taken,
  };
  for (const parameter of parameters) keepRate(masking, parameter, 1); // refused before the work, not after
  const features =
    options.headStart === 'random'
      ? undefined
      : start === state.weights
        ? before
        : await extractor.features(start, images, work);
  const tuning: TuningTask = {
    images,
    labels: labels.map((column) => current.indexOf(column)),
    classes: current.length,
    features,
    random: createRandom(seed).fork(`task ${task}`),
    afterEpoch:
      options.pAlong === 'progress'
        ? (store, progress) => {
            projectOnMask(masking, start, store, progress);
          }
        : undefined,
  };
  const tuned = await fineTune(parts, start, tuning, work);
  const whole: Weights = new Map(
    parameters.map(({ name }) => [name, subtract(tuned.weights.get(name)!, start.get(name)!)]),
  );
  const measure = (kind: ImportanceKind): Promise<Weights> =>
    importanceOf(kind, parts, tuning, tuned, whole, work);
  const { mask, importance, merge } = options;
  const drawn = mask === 'random' || mask === 'disjoint';
  const forMask = drawn ? undefined : await measure(mask);
  const weighs = mergeRules[merge].needsImportance === true;
  const forMerge = weighs ? (mask === importance ? forMask : await measure(importance)) : undefined;
  const masked = maskTask(masking, whole, { forMask, forMerge });
  const scale = drawn
    ? (of: number, parameter: (typeof parameters)[number]): number =>
        survivorScale(masking, keepRate({ ...masking, task: of }, parameter, 1))
    : undefined;
  const record = recordDelta(masked, whole, state.merge.deltas, parameters, scale);
  const taken = new Map(
    parameters.map((parameter) => {
      const earlier = state.taken.get(parameter.name) ?? 0;
      return [parameter.name, earlier + keepRate(masking, parameter, 1)];
    }),
  );
  return { masked, losses: tuned.losses, record, taken };
}
