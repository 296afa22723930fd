/** What an optimiser is. */
import { ClError, type Tensor } from '@cl/hub';
import type { ParameterStore } from '../parameter-store.ts';

/** Which way to step: a recipe that any number of trainings can use. */
export interface Optimizer {
  readonly name: string;
  /** Starts on a store, with no history. */
  start(store: ParameterStore): OptimizerState;
  /** The same as data, for the trainer's thread; without it the optimiser works on the caller's thread alone. */
  plan?(store: ParameterStore): OptimizerPlan;
}

/** An optimiser and the parameters it is to move, as data. */
export interface OptimizerPlan {
  readonly name: 'adamW' | 'sgd';
  readonly numbers: Readonly<Record<string, number>>;
  readonly stretches: readonly Stretch[];
}

/** Part of a gradient. */
export interface GradientPiece {
  /** Where in the store it begins. */
  readonly first: number;
  readonly values: Float32Array;
}

/** An optimiser at work on one store. */
export interface OptimizerState {
  /** Steps taken. */
  readonly steps: number;
  /**
   * Takes one step: changes the store's values in place.
   *
   * @param gradients - with the store's layout, or in pieces that together cover it; read only.
   * @param rate - gives the learning rate of this step from a group's own one; see `Schedule`.
   * @param scale - what gradients are multiplied by, as by clipping; 1 when absent.
   */
  step(
    gradients: Float32Array | readonly GradientPiece[],
    rate?: (base: number) => number,
    scale?: number,
  ): void;
  /** The history, for a checkpoint: copies. */
  save(): Record<string, Tensor>;
  /**
   * Continues from a saved history, to the same bits.
   *
   * @throws ClError `SHAPE_MISMATCH` when it belongs to another optimiser or store.
   */
  restore(state: Readonly<Record<string, Tensor>>): void;
}

/** Settings that parameters of a group share. */
export interface GroupOptions {
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** Parameters with settings of their own. */
export interface ParameterGroup extends Partial<GroupOptions> {
  /** Which parameters: names, or a test of names. The first group that takes a parameter has it. */
  readonly parameters: readonly string[] | ((name: string) => boolean);
}

/** A stretch of a store whose parameters share their settings. */
export interface Stretch extends GroupOptions {
  readonly begin: number;
  readonly end: number;
}

/**
 * The stretches of a store, neighbours with equal settings joined.
 *
 * @throws ClError `INVALID_OPTION` for negative or non-finite settings, `NOT_FOUND` for a name that is no parameter.
 */
export function stretchesOf(
  store: ParameterStore,
  common: GroupOptions,
  groups: readonly ParameterGroup[],
): readonly Stretch[] {
  for (const options of [common, ...groups]) assertGroup(options);
  for (const { parameters } of groups) {
    if (typeof parameters !== 'function') parameters.forEach((name) => store.view(name));
  }
  const stretches: Stretch[] = [];
  for (const { name, offset, length } of store.entries) {
    const group = groups.find(({ parameters }) =>
      typeof parameters === 'function' ? parameters(name) : parameters.includes(name),
    );
    const learningRate = group?.learningRate ?? common.learningRate;
    const weightDecay = group?.weightDecay ?? common.weightDecay;
    const last = stretches.at(-1);
    const same = last?.learningRate === learningRate && last.weightDecay === weightDecay;
    const begin = same ? last.begin : offset;
    if (same) stretches.pop();
    stretches.push({ learningRate, weightDecay, begin, end: offset + length });
  }
  return stretches;
}

/** Refuses a number outside [low, high). */
export function assertRange(
  where: string,
  name: string,
  value: number,
  low: number,
  high?: number,
): void {
  if (value >= low && value < (high ?? Infinity)) return;
  const below = high === undefined ? '' : ` and below ${high}`;
  throw new ClError(
    'INVALID_OPTION',
    `${where}: ${name} is ${value}, expected a number of at least ${low}${below}. Correct the option.`,
  );
}

function assertGroup({ learningRate, weightDecay }: Partial<GroupOptions>): void {
  if (learningRate !== undefined) assertRange('optimizer', 'learningRate', learningRate, 0);
  if (weightDecay !== undefined) assertRange('optimizer', 'weightDecay', weightDecay, 0);
}
