/** What an exemplar-free learner promises: nothing that belongs to a single past sample is kept. */
import {
  type Experience,
  type LearnerState,
  type Matrix,
  type RealArray,
  type Tensor,
} from '@cl/hub';
import { assert, assertEqual } from '../check.ts';
import type { LearnerBench, LearnerPromise } from './bench.ts';

/** Two numbers count as the same feature when they differ by less than this, relative to the row's largest. */
const sameFeature = 1e-5;

/** Size and content of the state. */
export const memory: readonly LearnerPromise[] = [
  {
    name: 'keeps a state that does not grow with the number of samples',
    when: ({ exemplarFree }) => exemplarFree,
    async verify(bench) {
      const few = await stateAfter(bench, halved(bench.experience(0)));
      const all = await stateAfter(bench, bench.experience(0));
      assertEqual(sizesOf(all), sizesOf(few), 'elements of the state after twice the samples');
      const text = (state: LearnerState) => countValues(state.values);
      assertEqual(text(all), text(few), 'values of the state after twice the samples');
    },
  },
  {
    name: 'keeps no feature and no name of a past image',
    when: ({ exemplarFree }) => exemplarFree,
    async verify(bench) {
      const count = bench.stream.experiences.length;
      const state = await (await bench.taught(count)).save();
      const words = JSON.stringify(state.values);
      const images = bench.stream.experiences.flatMap(({ train }) => train.map((s) => s.image));
      for (const { id } of images) {
        assert(!words.includes(id), `state: its values name the training image "${id}".`);
      }
      const features = await bench.features().images(images);
      const kept: [string, Tensor][] = Object.entries(state.tensors);
      kept.push(['values', listOf(numbersIn(state.values))]);
      for (const [name, tensor] of kept) {
        const row = findFeature(tensor, features);
        assert(
          row === undefined,
          `state: ${name} holds the features of training image "${images[row ?? 0]!.id}".`,
        );
      }
    },
  },
];

async function stateAfter(bench: LearnerBench, experience: Experience): Promise<LearnerState> {
  const learner = await bench.fresh();
  await learner.learn(experience);
  return learner.save();
}

/** Every other sample of each class, at least one. */
function halved(experience: Experience): Experience {
  const seen = new Map<string, number>();
  const train = experience.train.filter(({ classId }) => {
    const n = seen.get(classId) ?? 0;
    seen.set(classId, n + 1);
    return n % 2 === 0;
  });
  return { ...experience, train };
}

function sizesOf({ tensors }: LearnerState): Record<string, number> {
  const names = Object.keys(tensors).sort();
  return Object.fromEntries(names.map((name) => [name, tensors[name]!.data.length]));
}

/** How many leaves a JSON value has. */
function countValues(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + countValues(part), 0);
}

function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

function listOf(numbers: readonly number[]): Tensor {
  return { dtype: 'float64', dims: [numbers.length], data: Float64Array.from(numbers) };
}

/**
 * The first row of `features` that a tensor holds, as it is or scaled to unit length, along its rows or its columns.
 */
function findFeature(tensor: Tensor, features: Matrix): number | undefined {
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float64') return undefined;
  const data = tensor.data as RealArray;
  const steps = tensor.dims.length === 2 ? [1, tensor.dims[1]!] : [1];
  for (let i = 0; i < features.rows; i += 1) {
    const row = Float64Array.from(
      features.data.subarray(i * features.cols, (i + 1) * features.cols),
    );
    const length = Math.hypot(...row);
    for (const wanted of [row, row.map((x) => x / length)]) {
      if (steps.some((step) => holds(data, wanted, step))) return i;
    }
  }
  return undefined;
}

function holds(data: RealArray, wanted: RealArray, step: number): boolean {
  let largest = 0;
  for (const x of wanted) largest = Math.max(largest, Math.abs(x));
  const limit = sameFeature * largest;
  const last = data.length - (wanted.length - 1) * step;
  for (let start = 0; start < last; start += 1) {
    let d = 0;
    while (d < wanted.length && Math.abs(data[start + d * step]! - wanted[d]!) <= limit) d += 1;
    if (d === wanted.length) return true;
  }
  return false;
}
