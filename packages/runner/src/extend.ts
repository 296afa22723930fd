/** A run that grows: more learners and seeds in the folder of a run, without doing again what is there. */
import type { JsonObject, JsonValue } from '@cl/hub';
import { differences } from './differences.ts';
import { slug } from './plan.ts';

/** What a folder would hold after the extension. */
export interface Extension {
  /** What stands in the way, in words; empty when the two fit. */
  readonly differing: readonly string[];
  /** Everything that was ever asked for in this folder. */
  readonly resolved: JsonObject;
}

/**
 * Puts what is asked for now beside what a folder holds. They fit when learners of the same name have the same
 * options, seeds the same data, and everything else is equal.
 */
export function extend(before: JsonObject, now: JsonObject): Extension {
  const old = partsOf(before);
  const wanted = partsOf(now);
  const shared = (known: JsonObject, asked: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(known).filter(([key]) => Object.hasOwn(asked, key)));
  const comparable = (parts: Parts, other: Parts): JsonValue => ({
    ...parts.rest,
    learners: shared(parts.learners, other.learners),
    data: shared(parts.data, other.data),
  });
  return {
    differing: differences(comparable(old, wanted), comparable(wanted, old)),
    resolved: {
      ...now,
      learners: Object.values({ ...old.learners, ...wanted.learners }),
      seeds: [...new Set([...seedsOf(before), ...seedsOf(now)])],
      data: { ...old.data, ...wanted.data },
    },
  };
}

interface Parts {
  /** By the name of their folders. */
  readonly learners: JsonObject;
  /** Digests by seed. */
  readonly data: JsonObject;
  readonly rest: JsonObject;
}

function partsOf(resolved: JsonObject): Parts {
  const { learners, data, ...others } = resolved;
  const rest = { ...others, seeds: [] };
  const named = (learners as readonly JsonObject[]).map((learner) => [
    slug(learner['label'] as string),
    learner,
  ]);
  return { learners: Object.fromEntries(named) as JsonObject, data: data as JsonObject, rest };
}

function seedsOf({ seeds }: JsonObject): readonly JsonValue[] {
  return seeds as readonly JsonValue[];
}
