/** What a learner promises about its state as data. */
import type { JsonObject, LearnerState, Tensor } from '@cl/hub';
import { assert, assertEqual, assertRefuses } from '../check.ts';
import { corruptions } from './corruptions.ts';
import { assertSameScores, type LearnerPromise } from './bench.ts';

/** Saving, restoring, going on. */
export const saving: readonly LearnerPromise[] = [
  {
    name: 'saves what it is: classes, experiences, and values that survive JSON',
    async verify(bench) {
      const learner = await bench.taught(2);
      const before = await bench.scores(learner);
      const state = await learner.save();
      assertEqual(state.classes, bench.classes(2), 'classes of the state');
      assertEqual(state.experiences, 2, 'experiences of the state');
      assertEqual(throughJson(state.values), state.values, 'values after a trip through JSON');
      for (const [name, { dims, data }] of Object.entries(state.tensors)) {
        const size = dims.reduce((product, d) => product * d, 1);
        assertEqual(
          data.length,
          size,
          `tensor "${name}": length against dims [${dims.join(', ')}]`,
        );
      }
      assertSameScores(await bench.scores(learner), before, 'after saving');
    },
  },
  {
    name: 'restored, scores to the bit what it scored when saved',
    async verify(bench) {
      for (const count of [1, bench.stream.experiences.length]) {
        const learner = await bench.taught(count);
        const scores = await bench.scores(learner);
        const restored = await bench.restored(copyOf(await learner.save()));
        assertEqual(restored.experiences, count, 'experiences of the restored learner');
        assertEqual(restored.classes, learner.classes, 'classes of the restored learner');
        assertSameScores(await bench.scores(restored), scores, `restored after ${count}`);
      }
    },
  },
  {
    name: 'restored and taught, equals to the bit one that never stopped',
    when: ({ deterministic }) => deterministic,
    async verify(bench) {
      const count = bench.stream.experiences.length;
      let learner = await bench.fresh();
      for (let i = 0; i < count; i += 1) {
        await learner.learn(bench.experience(i));
        learner = await bench.restored(copyOf(await learner.save()));
      }
      const never = await bench.scores(await bench.taught(count));
      assertSameScores(await bench.scores(learner), never, 'stopped after every experience');
    },
  },
  {
    name: 'refuses to restore a state that lacks something or contradicts itself',
    async verify(bench) {
      const state = copyOf(await (await bench.taught(2)).save());
      for (const { what, corrupt } of corruptions(state)) {
        await assertRefuses(() => bench.restored(corrupt), ['CORRUPT_FILE'], `restore ${what}`);
      }
    },
  },
];

/** The state as it comes back from a file: nothing aliases the learner's memory. */
function copyOf(state: LearnerState): LearnerState {
  const tensors: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(state.tensors)) {
    tensors[name] = { ...tensor, dims: [...tensor.dims], data: tensor.data.slice() };
  }
  const { classes, experiences, values } = state;
  assert(Array.isArray(classes), 'state: classes is no array.');
  return { classes: structuredClone(classes), experiences, values: throughJson(values), tensors };
}

function throughJson(values: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(values)) as JsonObject;
}
