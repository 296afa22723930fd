/** How deltas become one: each rule as arithmetic on single parameters, with what it must remember between tasks. */
import type { DeltaPart } from './delta.ts';

/** Names of the rules. */
export type MergeRuleName = 'sum' | 'similarity' | 'importance' | 'ties' | 'magmax';

/** Arrays of a parameter's length, in the order of {@link MergeRule.remembers}. */
export type Sums = readonly Float32Array[];

/**
 * A rule. Task s has its delta δ̂ₛ and weight λₛ; a coordinate that a task's mask dropped is no part of it.
 *
 * Rules differ in what they remember: that is all that is kept where deltas are not, and decides whether a task can be
 * taken out again.
 */
export interface MergeRule {
  readonly name: MergeRuleName;
  readonly help: string;
  /** What it remembers of a parameter, each an array of the parameter's length, zero before the first task. */
  readonly remembers: readonly string[];
  /** Whether weights depend on all deltas together: then these must be kept, and adding one changes the others' weights. */
  readonly weights?: 'similarity';
  /** Whether it asks for the importance of each value. */
  readonly needsImportance?: boolean;
  /** Joins a task. */
  readonly add: (sums: Sums, part: DeltaPart, weight: number) => void;
  /** Takes a task out, to rounding; rules that cannot have none. */
  readonly remove?: (sums: Sums, part: DeltaPart, weight: number) => void;
  /** Writes the merged delta. */
  readonly result: (sums: Sums, into: Float32Array) => void;
}

/** Σ λₛ δ̂ₛ */
const add = ([sum]: Sums, { positions, values }: DeltaPart, weight: number): void => {
  const total = sum!;
  for (let k = 0; k < positions.length; k++) total[positions[k]!]! += weight * values[k]!;
};

const subtract = (sums: Sums, part: DeltaPart, weight: number): void => {
  add(sums, part, -weight);
};

const copy = ([sum]: Sums, into: Float32Array): void => {
  into.set(sum!);
};

/** Σ F δ̂ and Σ F. */
const weigh: MergeRule['add'] = ([weighted, total], { positions, values, importance }, weight) => {
  for (let k = 0; k < positions.length; k++) {
    const [i, f] = [positions[k]!, weight * importance![k]!];
    weighted![i]! += f * values[k]!;
    total![i]! += f;
  }
};

/** Sum and number of the positive values and of the negative ones. */
function elect(sign: 1 | -1): MergeRule['add'] {
  return ([up, down, ups, downs], { positions, values }, weight) => {
    for (let k = 0; k < positions.length; k++) {
      const [i, v] = [positions[k]!, weight * values[k]!];
      const side = v > 0 ? up! : down!;
      const count = v > 0 ? ups! : downs!;
      side[i]! += sign * v;
      count[i]! += v === 0 ? 0 : sign;
    }
  };
}

/** All rules by name. */
export const mergeRules: Readonly<Record<MergeRuleName, MergeRule>> = {
  sum: {
    name: 'sum',
    help: 'Σ δ̂ₛ, as published; without masks it is task arithmetic (Ilharco et al., ICLR 2023).',
    remembers: ['sum'],
    add,
    remove: subtract,
    result: copy,
  },
  similarity: {
    name: 'similarity',
    help:
      'Σ λₛ δ̂ₛ with λₛ = 1 / Σᵤ max(0, cos(δ̂ₛ, δ̂ᵤ)), u over all tasks with s: orthogonal deltas are added, equal ones ' +
      'averaged.',
    remembers: ['sum'],
    weights: 'similarity',
    add,
    result: copy,
  },
  importance: {
    name: 'importance',
    help: 'Σ Fₛ δ̂ₛ / Σ Fₛ at each coordinate (Matena and Raffel, NeurIPS 2022), F being gradient or Fisher magnitudes.',
    remembers: ['weighted', 'total'],
    needsImportance: true,
    add: weigh,
    result([weighted, total], into) {
      for (let i = 0; i < into.length; i++)
        into[i] = total![i]! > 0 ? weighted![i]! / total![i]! : 0;
    },
  },
  ties: {
    name: 'ties',
    help: 'The mean of those values whose sign has the larger sum (TIES: Yadav et al., NeurIPS 2023, steps 2 and 3).',
    remembers: ['positive', 'negative', 'positives', 'negatives'],
    add: elect(1),
    remove: elect(-1),
    result([up, down, ups, downs], into) {
      for (let i = 0; i < into.length; i++) {
        const positive = up![i]! + down![i]! > 0;
        const count = positive ? ups![i]! : downs![i]!;
        into[i] = count > 0 ? (positive ? up![i]! : down![i]!) / count : 0;
      }
    },
  },
  magmax: {
    name: 'magmax',
    help: 'The value of largest magnitude at each coordinate (MagMax: Marczak et al., ECCV 2024).',
    remembers: ['largest'],
    add([largest], { positions, values }, weight) {
      for (let k = 0; k < positions.length; k++) {
        const [i, v] = [positions[k]!, weight * values[k]!];
        if (Math.abs(v) > Math.abs(largest![i]!)) largest![i] = v;
      }
    },
    result: copy,
  },
};
