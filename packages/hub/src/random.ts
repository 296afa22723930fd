/** Random numbers from a seed: the only source of chance in the packages. */

/** A generator's state: JSON, restored to the same sequence. */
export interface RandomState {
  readonly algorithm: 'mt19937';
  /** 624 words of state. */
  readonly words: readonly number[];
  /** How many words of the block were used. */
  readonly position: number;
  /** The seed that `fork` derives from. */
  readonly seed: string;
}

/** A seeded generator. */
export interface Random {
  /** Uniform integer in [0, 2³²). */
  uint32(): number;
  /** Uniform double in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Uniform integer in [0, bound), without modulo bias; 1 ≤ bound ≤ 2³². */
  integer(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** A random order of 0 … n − 1 (Fisher–Yates). */
  permutation(n: number): number[];
  /**
   * An independent generator derived from this one's seed and a label, not from how many numbers
   * were drawn: adding a consumer does not change what the others get.
   */
  fork(label: string): Random;
  /** The state, to be given to `restoreRandom`. */
  save(): RandomState;
}
