/** Deltas on their way into one model: θ = θ₀ + λ · merged(δ̂₁, …, δ̂_T), task by task. */
import { ClError } from '@cl/hub';
import { partOf, type DeltaPart, type TaskDelta } from './delta.ts';
import { mergeRules, type MergeRule, type MergeRuleName, type Sums } from './merge-rules.ts';
import { cosine, extentsOf, overlapsOf } from './orthogonality.ts';

/** What is merged, and how. */
export interface MergeOptions {
  readonly rule: MergeRuleName;
  /** λ, on the merged delta; 1 when absent. */
  readonly coefficient?: number;
  /** `deltas` keeps them all, so that any task can be taken out; `merged` what the rule remembers, and no delta. */
  readonly keep: 'deltas' | 'merged';
  /** Fingerprint of θ₀. */
  readonly base: string;
  /** Trained parameters and how many numbers each holds. */
  readonly parameters: ReadonlyMap<string, number>;
}

/** Merged deltas. Never modified: adding a task gives another one, so that a failure later on leaves this as it was. */
export class DeltaMerge {
  readonly options: MergeOptions;
  /** In order of joining; empty where they are not kept. */
  readonly deltas: readonly TaskDelta[];
  /** How many tasks are in it. */
  readonly tasks: number;
  readonly #rule: MergeRule;
  readonly #sums: ReadonlyMap<string, Sums>;

  private constructor(
    options: MergeOptions,
    deltas: readonly TaskDelta[],
    tasks: number,
    sums: ReadonlyMap<string, Sums>,
  ) {
    this.options = options;
    this.deltas = deltas;
    this.tasks = tasks;
    this.#rule = mergeRules[options.rule];
    this.#sums = sums;
  }

  /**
   * Merges deltas, none to begin with.
   *
   * @throws ClError `INVALID_DATA` for a delta of another θ₀, `SHAPE_MISMATCH` for one of other parameters, `NOT_SUPPORTED`
   * for a rule that needs the deltas which are not to be kept, `OUT_OF_MEMORY`.
   */
  static of(options: MergeOptions, deltas: readonly TaskDelta[] = []): DeltaMerge {
    const rule = mergeRules[options.rule];
    if (rule.weights !== undefined && options.keep === 'merged') {
      throw new ClError(
        'NOT_SUPPORTED',
        `sotu: merge rule "${rule.name}" weighs each delta by all others, expected them to be kept. ` +
          'Set keep to "deltas", or use a rule that goes on from its sums: ' +
          `${rulesWhere(({ weights }) => weights === undefined)}.`,
      );
    }
    for (const delta of deltas) assertFits(options, delta);
    const weights = weightsOf(rule, deltas);
    const sums = new Map<string, Sums>();
    for (const [name, length] of options.parameters) {
      const own = rule.remembers.map(() => new Float32Array(length));
      deltas.forEach((delta, t) => {
        rule.add(own, partFor(rule, delta, name), weights[t]!);
      });
      sums.set(name, own);
    }
    return new DeltaMerge(options, options.keep === 'deltas' ? deltas : [], deltas.length, sums);
  }

  /** What {@link DeltaMerge.sums} gave, for one that does not keep deltas. */
  static fromSums(
    options: MergeOptions,
    tasks: number,
    sums: ReadonlyMap<string, Sums>,
  ): DeltaMerge {
    return new DeltaMerge(options, [], tasks, sums);
  }

  /** What the rule remembers of each parameter; not to be modified. */
  get sums(): ReadonlyMap<string, Sums> {
    return this.#sums;
  }

  /** With one more task. The same bits as merging all tasks at once in this order. */
  with(delta: TaskDelta): DeltaMerge {
    const rule = this.#rule;
    if (rule.weights !== undefined) return DeltaMerge.of(this.options, [...this.deltas, delta]);
    assertFits(this.options, delta);
    const sums = this.#changed((own, name) => {
      rule.add(own, partFor(rule, delta, name), 1);
    });
    const deltas = this.options.keep === 'deltas' ? [...this.deltas, delta] : [];
    return new DeltaMerge(this.options, deltas, this.tasks + 1, sums);
  }

  /**
   * Without a task. Where deltas are kept the others are merged anew, the same bits as if it had never joined; else it is
   * subtracted, to rounding.
   *
   * @throws ClError `NOT_SUPPORTED` when the rule cannot subtract, `NOT_FOUND` when the task is none of those kept.
   */
  without(delta: TaskDelta): DeltaMerge {
    const rule = this.#rule;
    if (this.options.keep === 'deltas') {
      const rest = this.deltas.filter(({ task }) => task !== delta.task);
      if (rest.length < this.deltas.length) return DeltaMerge.of(this.options, rest);
      throw new ClError(
        'NOT_FOUND',
        `sotu: task ${delta.task} is to be taken out, expected one of ${this.deltas.map(({ task }) => task).join(', ')}. ` +
          'Name a task that was merged.',
      );
    }
    const { remove } = rule;
    if (remove === undefined) {
      throw new ClError(
        'NOT_SUPPORTED',
        `sotu: merge rule "${rule.name}" cannot take a task out of what it remembers, expected a rule that can: ` +
          `${rulesWhere((other) => other.remove !== undefined)}. Or set keep to "deltas", where every rule can.`,
      );
    }
    assertFits(this.options, delta);
    const sums = this.#changed((own, name) => {
      remove(own, partFor(rule, delta, name), 1);
    });
    return new DeltaMerge(this.options, [], this.tasks - 1, sums);
  }

  /** θ₀ + λ · merged delta of a parameter. */
  merged(name: string, base: Float32Array): Float32Array<ArrayBuffer> {
    const { coefficient = 1 } = this.options;
    const merged = this.delta(name);
    for (let i = 0; i < merged.length; i++) merged[i] = base[i]! + coefficient * merged[i]!;
    return merged;
  }

  /** The merged delta of a parameter, λ left out. */
  delta(name: string): Float32Array<ArrayBuffer> {
    const into = new Float32Array(this.options.parameters.get(name)!);
    this.#rule.result(this.#sums.get(name)!, into);
    return into;
  }

  #changed(change: (sums: Sums, name: string) => void): ReadonlyMap<string, Sums> {
    const all = new Map<string, Sums>();
    for (const [name, sums] of this.#sums) {
      const own = sums.map((array) => array.slice());
      change(own, name);
      all.set(name, own);
    }
    return all;
  }
}

/** λₛ of each delta: 1, or its share among those that point the same way. */
function weightsOf(rule: MergeRule, deltas: readonly TaskDelta[]): readonly number[] {
  if (rule.weights === undefined) return deltas.map(() => 1);
  const whole = new Map([...(deltas[0]?.parameters.keys() ?? [])].map((name) => [name, 0]));
  const squares = deltas.map((delta) => extentsOf(delta, whole)[0]?.square ?? 0);
  const alike = deltas.map(() => 1); // with itself
  deltas.forEach((a, s) => {
    deltas.slice(0, s).forEach((b, u) => {
      const product = overlapsOf(a, b, whole)[0]?.product ?? 0;
      const cos = Math.max(0, cosine(product, squares[s]!, squares[u]!) ?? 0);
      alike[s]! += cos;
      alike[u]! += cos;
    });
  });
  return alike.map((sum) => 1 / sum);
}

function partFor(rule: MergeRule, delta: TaskDelta, name: string): DeltaPart {
  const part = partOf(delta, name);
  if (rule.needsImportance !== true || part.importance !== undefined) return part;
  throw new ClError(
    'INVALID_DATA',
    `sotu: merge rule "${rule.name}" weighs each value by its importance, and task ${delta.task} was learned without any. ` +
      'Learn with merge "importance", or merge by another rule.',
  );
}

function assertFits({ base, parameters }: MergeOptions, delta: TaskDelta): void {
  if (delta.base !== base) {
    throw new ClError(
      'INVALID_DATA',
      `sotu: task ${delta.task} was fine-tuned from θ₀ ${delta.base.slice(0, 12)}…, expected ${base.slice(0, 12)}…. ` +
        'Deltas add up only where they start from the same weights: learn the task again on this backbone.',
    );
  }
  for (const [name, length] of parameters) {
    const found = delta.parameters.get(name)?.length;
    if (found === length) continue;
    throw new ClError(
      'SHAPE_MISMATCH',
      `sotu: task ${delta.task} has ${found ?? 'no'} numbers for "${name}", expected ${length}. ` +
        'Merge deltas of the same trained parameters.',
    );
  }
}

function rulesWhere(test: (rule: MergeRule) => boolean): string {
  return Object.values(mergeRules)
    .filter(test)
    .map(({ name }) => name)
    .join(', ');
}
