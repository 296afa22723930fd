/** Where a method built on VQ-Prompt may differ from it, in code. */
import type { Lesson, Random } from '@cl/hub';
import type { ScoreFunction } from './scores.ts';
import type { Pool } from './pools.ts';

/** Parts of the method that can be replaced. */
export interface VqPromptHooks {
  /** How queries and keys become shares of the soft prompt, in the place of eq. 4: other relevance, sparse attention. */
  readonly score?: ScoreFunction;
  /** What happens to pools when an experience comes: nothing in the paper. */
  readonly pool?: PoolPolicy;
  /**
   * The columns that compete in the cross-entropy of stage 1; those of the experience's own classes in the paper. Labels must
   * be among them.
   */
  readonly competing?: (lesson: Lesson) => readonly number[];
}

/** What a policy knows of one layer's pool when an experience comes. */
export interface PoolSituation {
  readonly lesson: Lesson;
  readonly pool: Pool;
  /** Times that each entry was chosen, a row for each experience learned so far. */
  readonly usage: readonly Int32Array[];
  /** Of this layer and experience. */
  readonly random: Random;
}

/** What a policy does to one layer's pool. */
export interface PoolChange {
  /** Entries to append, drawn as the first ones were. */
  readonly add?: number;
  /** Entries that this experience leaves as they are, bit for bit. */
  readonly protect?: readonly number[];
  /** Entries that are to start from a noisy copy of another: standard deviation `noise` in units of that entry's own. */
  readonly copy?: readonly {
    readonly entry: number;
    readonly from: number;
    readonly noise: number;
  }[];
}

/** Decides before each experience, layer by layer. */
export type PoolPolicy = (situation: PoolSituation) => PoolChange;

/** Noise of a revived entry: enough to tell it from the one it copies. */
const revivalNoise = 0.1;

/**
 * Dead-code revival: entries that no image of the last experience chose become noisy copies of the one most chosen, so that
 * what is dense is split.
 */
export const reviveUnused: PoolPolicy = ({ usage }) => {
  const last = usage.at(-1);
  if (last === undefined) return {};
  const from = last.indexOf(Math.max(...last));
  const unused = [...last.keys()].filter((entry) => last[entry] === 0);
  return { copy: unused.map((entry) => ({ entry, from, noise: revivalNoise })) };
};

/**
 * Progressive pools: each experience after the first gets so many entries of its own, and those that earlier ones used stay
 * as they are.
 */
export function growPools(add: number): PoolPolicy {
  return ({ lesson, pool, usage }) => {
    if (lesson.index === 0) return {};
    const entries = [...Array(pool.keys.dims[0]).keys()];
    return { add, protect: entries.filter((entry) => usage.some((row) => row[entry]! > 0)) };
  };
}
