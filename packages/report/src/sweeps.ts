/** Sweeps: learners of one plugin that differ in the value of a single option. */
import type { JsonObject, JsonValue } from '@cl/hub';
import type { LearnerView, ReportModel } from './model.ts';

/** An option with the learners that have one value of it each. */
export interface Sweep {
  readonly plugin: string;
  readonly option: string;
  /** In ascending order where they are numbers, else as in the run. */
  readonly values: readonly (number | string)[];
  /** Learners that are equal but for the option: one a value, `undefined` where a value has none. */
  readonly groups: readonly {
    readonly label: string;
    readonly learners: readonly (LearnerView | undefined)[];
  }[];
}

/**
 * All sweeps of a run, found by the options that its record holds: however they were asked for. Two numbers make one,
 * of words it takes three, since two are told by the table of results.
 */
export function sweepsOf({ learners }: ReportModel): readonly Sweep[] {
  const plugins = new Map<string, LearnerView[]>();
  for (const learner of learners) {
    const { plugin } = learner.trials[0]!;
    plugins.set(plugin, [...(plugins.get(plugin) ?? []), learner]);
  }
  return [...plugins].flatMap(([plugin, own]) => {
    const options = new Set(own.flatMap((learner) => Object.keys(optionsOf(learner))));
    return [...options].flatMap((option) => sweepOf(plugin, option, own) ?? []);
  });
}

function sweepOf(plugin: string, option: string, own: readonly LearnerView[]): Sweep | undefined {
  const alike = new Map<string, LearnerView[]>();
  for (const learner of own) {
    const key = JSON.stringify({ ...optionsOf(learner), [option]: null });
    alike.set(key, [...(alike.get(key) ?? []), learner]);
  }
  const groups = [...alike.values()].filter(
    (group) => new Set(group.map((learner) => textOf(learner, option))).size > 1,
  );
  const found = groups.flat().map((learner) => optionsOf(learner)[option]);
  const numeric = found.every((value) => typeof value === 'number');
  const texts = [...new Set(groups.flat().map((learner) => textOf(learner, option)))];
  if (texts.length < (numeric ? 2 : 3)) return undefined;
  if (numeric) texts.sort((a, b) => Number(a) - Number(b));
  return {
    plugin,
    option,
    values: numeric ? texts.map(Number) : texts,
    groups: groups.map((group) => ({
      label: withoutValue(group[0]!.label, option),
      learners: texts.map((text) => group.find((learner) => textOf(learner, option) === text)),
    })),
  };
}

function optionsOf({ trials }: LearnerView): JsonObject {
  return trials[0]!.options;
}

function textOf(learner: LearnerView, option: string): string {
  const value: JsonValue | undefined = optionsOf(learner)[option];
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** `sotu p=0.5` and `sotu,p=0.5` are both `sotu` over p. */
function withoutValue(label: string, option: string): string {
  const at = Math.max(label.indexOf(` ${option}=`), label.indexOf(`,${option}=`));
  return at > 0 ? label.slice(0, at) : label;
}
