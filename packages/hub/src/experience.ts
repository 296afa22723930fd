/** What a learner meets: samples, experiences, and the stream that orders and evaluates them. */
import type { ClassId, ClassInfo } from './classes.ts';
import type { ImageRef } from './image.ts';

/** An image and its class. */
export interface Sample {
  readonly image: ImageRef;
  readonly classId: ClassId;
}

/** One step of training data, seen exactly once. */
export interface Experience {
  /** Position in the stream, from 0. */
  readonly index: number;
  /** Names the step to people: a domain, or "classes 0–9". */
  readonly name: string;
  readonly domain?: string;
  /** The classes that `train` holds: new, seen before, or both. Each has at least one sample. */
  readonly classes: readonly ClassInfo[];
  readonly train: readonly Sample[];
}

/** A test set; evaluation j of a stream belongs to what experience j teaches. */
export interface Evaluation {
  readonly index: number;
  readonly name: string;
  readonly domain?: string;
  readonly classes: readonly ClassInfo[];
  readonly test: readonly Sample[];
}

/** The names of the scenarios. */
export type ScenarioName =
  'class-incremental' | 'domain-incremental' | 'task-incremental' | 'x-tail' | 'mtil';

/** What is known at test time. Reports print it, so nobody has to guess which setting a number is from. */
export interface Scenario {
  readonly name: ScenarioName;
  /** Whether the learner is told which experience a test image belongs to. */
  readonly taskIdAtTest: boolean;
  /**
   * Which classes an answer may name: those `seen` so far, those of the whole stream (`all`,
   * learned or not), or those of the test image's own `task`.
   */
  readonly labelSpace: 'seen' | 'all' | 'task';
}

/** The five scenarios (papers.md: VQ-Prompt §2.1, X-TAIL and MTIL §4.1). */
export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  'class-incremental': { name: 'class-incremental', taskIdAtTest: false, labelSpace: 'seen' },
  'domain-incremental': { name: 'domain-incremental', taskIdAtTest: false, labelSpace: 'seen' },
  'task-incremental': { name: 'task-incremental', taskIdAtTest: true, labelSpace: 'task' },
  'x-tail': { name: 'x-tail', taskIdAtTest: false, labelSpace: 'all' },
  mtil: { name: 'mtil', taskIdAtTest: true, labelSpace: 'task' },
};

/** Experiences in order, and one evaluation for each. */
export interface Stream {
  readonly name: string;
  readonly scenario: Scenario;
  readonly experiences: readonly Experience[];
  /** Same length and order as `experiences`. */
  readonly evaluations: readonly Evaluation[];
}

/**
 * The classes that an answer on evaluation j may name after experience i was learned (i = −1: before
 * any), in order of first appearance in the stream; `undefined` when the evaluation makes no sense
 * yet: in a `seen` label space a set whose classes have not all been seen.
 */
export function candidatesFor(
  stream: Stream,
  i: number,
  j: number,
): readonly ClassInfo[] | undefined {
  const evaluation = stream.evaluations[j];
  if (evaluation === undefined) return undefined;
  if (stream.scenario.labelSpace === 'task') {
    return stream.scenario.name === 'mtil' || j <= i ? evaluation.classes : undefined;
  }
  if (stream.scenario.labelSpace === 'all') return classesOf(stream.evaluations);
  const seen = classesOf(stream.experiences.slice(0, i + 1));
  const ids = new Set(seen.map(({ id }) => id));
  return evaluation.classes.every(({ id }) => ids.has(id)) ? seen : undefined;
}

/** The classes of several experiences or evaluations, each once, in order of first appearance. */
export function classesOf(
  parts: Iterable<{ readonly classes: readonly ClassInfo[] }>,
): readonly ClassInfo[] {
  const classes = new Map<ClassId, ClassInfo>();
  for (const part of parts) for (const info of part.classes) classes.set(info.id, info);
  return [...classes.values()];
}
