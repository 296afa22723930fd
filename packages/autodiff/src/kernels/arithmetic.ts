/** What a step of an optimiser is written in, once, for every machine that runs it. */

/** Float32 arithmetic, each operation rounded, on whatever `T` stands for: numbers, or code. */
export interface Arithmetic<T> {
  readonly add: (a: T, b: T) => T;
  readonly sub: (a: T, b: T) => T;
  readonly mul: (a: T, b: T) => T;
  readonly div: (a: T, b: T) => T;
  readonly sqrt: (a: T) => T;
  /** A value that is used more than once. */
  readonly keep: (a: T) => T;
}

/** What becomes of one weight. */
interface Moved<T> {
  readonly weight: T;
  /** As many as {@link Update.history} says. */
  readonly history: readonly T[];
}

/** What is remembered of one weight; those beyond {@link Update.history} are not there. */
export type History<T> = readonly [T, T];

/** What all weights share; those beyond {@link Update.scalars} are not there. */
export type Scalars<T> = readonly [T, T, T, T, T, T, T, T, T];

/** How an optimiser moves each weight, from nothing but its gradient and its own history. */
export interface Update {
  /** How many numbers it remembers for each weight. */
  readonly history: number;
  /** How many numbers are the same for all weights of a stretch. */
  readonly scalars: number;
  readonly move: <T>(
    f: Arithmetic<T>,
    weight: T,
    gradient: T,
    history: History<T>,
    scalars: Scalars<T>,
  ) => Moved<T>;
}

/**
 * Arithmetic on JavaScript's numbers. For these operations rounding the float64 result to float32 gives the float32
 * result (Figueroa, 1995: float64 has more than twice float32's digits), so that bits agree with those of SIMD.
 */
export const scalarArithmetic: Arithmetic<number> = {
  add: (a, b) => Math.fround(a + b),
  sub: (a, b) => Math.fround(a - b),
  mul: (a, b) => Math.fround(a * b),
  div: (a, b) => Math.fround(a / b),
  sqrt: (a) => Math.fround(Math.sqrt(a)),
  keep: (a) => a,
};
