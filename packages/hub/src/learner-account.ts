/** What a learner tells of itself: for tables that compare methods, and for figures in reports. */

/** Named numbers or words. */
export interface NumbersInsight {
  readonly kind: 'numbers';
  readonly title: string;
  /** What the numbers say and how they were got, in a sentence or two. */
  readonly text: string;
  readonly values: Readonly<Record<string, number | string>>;
}

/** A table of numbers, drawn as a heat map. */
export interface MatrixInsight {
  readonly kind: 'matrix';
  readonly title: string;
  readonly text: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** One row of numbers for each of `rows`; `null` where there is none. */
  readonly values: readonly (readonly (number | null)[])[];
}

/** Curves over common points. */
export interface LinesInsight {
  readonly kind: 'lines';
  readonly title: string;
  readonly text: string;
  readonly x: { readonly label: string; readonly values: readonly (number | string)[] };
  readonly y: string;
  readonly series: readonly {
    readonly label: string;
    readonly values: readonly (number | null)[];
  }[];
}

/** Something that a learner found out while it learned; reporters draw it without knowing the method. */
export type Insight = NumbersInsight | MatrixInsight | LinesInsight;

/** A learner's account of itself. */
export interface LearnerAccount {
  /** Numbers that gradients or a solver choose, over all stages; 0 when nothing is trained. */
  readonly trainableParameters: number;
  /** What is kept of past data, in words: "mean and variance of each class". */
  readonly keeps: string;
  readonly insights: readonly Insight[];
}
