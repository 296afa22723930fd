/** Learners of others, watched: what they return is looked at before anybody computes with it. */
import type { ClassInfo } from '../classes.ts';
import type { Learner, LearnerPlugin, LearnerState, PredictOptions, Scores } from '../learner.ts';
import type { LearnerAccount } from '../learner-account.ts';
import { brokenPromise, callPlugin, hasMethods, shown } from './broken-promise.ts';

const required = ['learn', 'predict', 'save', 'dispose'];

/** The learners behind the guards, for `merge`: a learner reads the private parts of its own kind. */
const inner = new WeakMap<Learner, Learner>();

/**
 * A learner that checks what another one returns.
 *
 * @throws ClError `PLUGIN_FAILED` when the value is no learner.
 */
export function guardLearner(plugin: LearnerPlugin, call: string, value: unknown): Learner {
  if (!hasMethods(value, required) || !Array.isArray((value as Learner).classes)) {
    const expected = `a Learner with classes, experiences, ${required.join(', ')}`;
    throw brokenPromise(plugin, call, shown(value), expected);
  }
  const learner = value as Learner;
  const guarded: Learner = {
    get classes() {
      return learner.classes;
    },
    get experiences() {
      return learner.experiences;
    },
    async learn(experience, options) {
      await callPlugin(plugin, 'learn()', () => learner.learn(experience, options));
      if (learner.experiences === experience.index + 1) return;
      const found = `with experiences at ${learner.experiences}`;
      throw brokenPromise(plugin, 'learn()', found, `${experience.index + 1} of them learned`);
    },
    async predict(images, options) {
      const scores = await callPlugin(plugin, 'predict()', () => learner.predict(images, options));
      assertScores(plugin, scores, images.length, options);
      return scores;
    },
    async save() {
      const state = await callPlugin(plugin, 'save()', () => learner.save());
      assertState(plugin, state);
      return state;
    },
    dispose: () => callPlugin(plugin, 'dispose()', () => learner.dispose()),
    ...(learner.merge && {
      merge: (other: Learner) =>
        callPlugin(plugin, 'merge()', () => learner.merge!(inner.get(other) ?? other)),
    }),
    ...(learner.unlearn && {
      unlearn: (...given: Parameters<NonNullable<Learner['unlearn']>>) =>
        callPlugin(plugin, 'unlearn()', () => learner.unlearn!(...given)),
    }),
    ...(learner.describe && {
      async describe(...given: Parameters<NonNullable<Learner['describe']>>) {
        const account = await callPlugin(plugin, 'describe()', () => learner.describe!(...given));
        assertAccount(plugin, account);
        return account;
      },
    }),
    ...(learner.exportBackbone && {
      async exportBackbone() {
        const model: unknown = await callPlugin(plugin, 'exportBackbone()', () =>
          learner.exportBackbone!(),
        );
        if (model instanceof Uint8Array) return model;
        throw brokenPromise(plugin, 'exportBackbone()', shown(model), 'the bytes of an ONNX model');
      },
    }),
  };
  inner.set(guarded, learner);
  return guarded;
}

function assertScores(
  plugin: LearnerPlugin,
  scores: Scores | undefined,
  rows: number,
  { candidates }: PredictOptions = {},
): void {
  const refuse = (found: string, expected: string): never => {
    throw brokenPromise(plugin, 'predict()', found, expected);
  };
  if (typeof scores !== 'object' || !Array.isArray(scores.classes)) {
    refuse(shown(scores), 'Scores with classes, values and sources');
    return;
  }
  const { classes, values, sources } = scores;
  const columns = (classes as readonly ClassInfo[]).map(({ id }) => id);
  const strange = candidates?.findIndex(({ id }, i) => id !== columns[i]) ?? -1;
  if (strange >= 0) {
    refuse(
      `class ${shown(columns[strange])} in column ${strange}`,
      `the candidates in their order, there ${shown(candidates![strange]!.id)}`,
    );
  }
  if (!(values instanceof Float32Array) && !(values instanceof Float64Array)) {
    refuse(`values that are ${shown(values)}`, 'a Float32Array or a Float64Array');
  }
  if (values.length !== rows * columns.length) {
    refuse(`${values.length} scores`, `${rows} images × ${columns.length} classes`);
  }
  if (!Array.isArray(sources) || sources.length !== rows) {
    refuse(`sources that are ${shown(sources)}`, `one for each of ${rows} images`);
  }
  const bad = firstNaN(values);
  if (bad >= 0) {
    const row = Math.floor(bad / columns.length);
    refuse(
      `NaN for image ${row} and class ${shown(columns[bad % columns.length])}`,
      'a number for each',
    );
  }
}

/** The index of the first NaN, −1 without one: there are millions of scores, and sums of four are numbers where all four are. */
function firstNaN(values: Scores['values']): number {
  const whole = values.length - (values.length % 4);
  let i = 0;
  while (i < whole && !Number.isNaN(sumOfFour(values, i))) i += 4;
  for (; i < values.length; i += 1) if (Number.isNaN(values[i])) return i; // ∞ − ∞ is no number either
  return -1;
}

function sumOfFour(values: Scores['values'], i: number): number {
  return values[i]! + values[i + 1]! + (values[i + 2]! + values[i + 3]!);
}

function assertAccount(plugin: LearnerPlugin, account: LearnerAccount | undefined): void {
  const { trainableParameters, keeps, insights } = account ?? ({} as Partial<LearnerAccount>);
  const whole =
    typeof trainableParameters === 'number' && typeof keeps === 'string' && Array.isArray(insights);
  if (whole) return;
  const expected = 'a LearnerAccount with trainableParameters, keeps and insights';
  throw brokenPromise(plugin, 'describe()', shown(account), expected);
}

function assertState(plugin: LearnerPlugin, state: LearnerState | undefined): void {
  const whole =
    typeof state === 'object' &&
    Array.isArray(state.classes) &&
    typeof state.values === 'object' &&
    typeof state.tensors === 'object';
  if (!whole) {
    const expected = 'a LearnerState with classes, experiences, values and tensors';
    throw brokenPromise(plugin, 'save()', shown(state), expected);
  }
  for (const [name, { dims, data }] of Object.entries(state.tensors)) {
    const size = dims.reduce((product, one) => product * one, 1);
    if (size === data.length) continue;
    throw brokenPromise(
      plugin,
      'save()',
      `tensor "${name}" of ${data.length} numbers`,
      `${size} for its dims [${dims.join(', ')}]`,
    );
  }
}
