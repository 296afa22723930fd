/**
 * Streams that bring new classes step by step: Bm-Inc-n is m classes first and n more with each step after it; B0
 * starts with n. Class-incremental asks about all classes seen so far, task-incremental says which step a test image
 * belongs to.
 */
import {
  ClError,
  defineStream,
  type ClassInfo,
  type Sample,
  type Stream,
  type StreamContext,
  type StreamPlugin,
} from '@cl/hub';
import { z } from 'zod';
import { classOrder, type ClassOrder } from './class-order.ts';
import {
  assertDisjoint,
  cutStream,
  shotHelp,
  shotShape,
  withShots,
  type Part,
  type ShotOptions,
} from './cut.ts';

/** Options of {@link classIncremental} and {@link taskIncremental}. */
export interface ClassIncrementalOptions extends ShotOptions {
  /** Classes of the first step; 0: as many as of any other. */
  readonly baseClasses: number;
  /** New classes with each step, the last takes what is left; 0: as many as make ten steps after the base. */
  readonly classesPerTask: number;
  readonly order: ClassOrder;
  /** Seed of the orders `numpy` and `python`; the others do not read it. */
  readonly orderSeed: number;
}

const schema: z.ZodType<ClassIncrementalOptions> = z.object({
  baseClasses: z.int().min(0),
  classesPerTask: z.int().min(0),
  order: z.enum(['natural', 'numpy', 'python', 'random']),
  orderSeed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  ...shotShape,
});

const defaults: ClassIncrementalOptions = {
  baseClasses: 0,
  classesPerTask: 0,
  order: 'natural',
  orderSeed: 1993,
  shots: 0,
  fewerShots: 'keep',
};

const help = {
  baseClasses: 'classes of the first step (the m of Bm-Inc-n); 0: as many as of the others',
  classesPerTask:
    'new classes with each step (the n of Bm-Inc-n), the last takes what is left; 0: for ten steps after the base',
  order:
    'class order: natural, numpy (PILOT, PyCIL), python (VQ-Prompt; seed 0 is natural), random',
  orderSeed: 'seed of the numpy and python orders',
  ...shotHelp,
};

const presets = {
  pilot: {
    help: 'the order of PILOT, PyCIL and RanPAC: NumPy seed 1993',
    values: { order: 'numpy', orderSeed: 1993 },
  },
} as const;

/** New classes step by step, tested on all classes seen so far. */
export const classIncremental: StreamPlugin<ClassIncrementalOptions> = defineStream({
  name: 'class-incremental',
  description: 'New classes step by step (B0-Inc-n, Bm-Inc-n), tested on all seen so far.',
  scenario: 'class-incremental',
  defaults,
  presets,
  help,
  schema,
  create: async (options, context) => byClasses('class-incremental', options, context),
});

/** New classes step by step, tested within the step that a test image belongs to. */
export const taskIncremental: StreamPlugin<ClassIncrementalOptions> = defineStream({
  name: 'task-incremental',
  description: 'New classes step by step, the step given at test.',
  scenario: 'task-incremental',
  defaults,
  presets,
  help,
  schema,
  create: async (options, context) => byClasses('task-incremental', options, context),
});

function byClasses(
  scenario: 'class-incremental' | 'task-incremental',
  options: ClassIncrementalOptions,
  { datasets, random }: StreamContext,
): Stream {
  assertDisjoint(scenario, datasets);
  const classes = datasets.flatMap((dataset) => dataset.classes);
  const order = classOrder(options.order, classes.length, options.orderSeed, random);
  const { sizes, increment } = stepSizes(scenario, classes.length, options);
  const steps: Step[] = [];
  let first = 0;
  for (const size of sizes) {
    const own = order.slice(first, first + size).map((i) => classes[i]!);
    const name = size === 1 ? `class ${first}` : `classes ${first}–${first + size - 1}`;
    steps.push({ name, classes: own, train: [], test: [] });
    first += size;
  }
  const stepOf = new Map(steps.flatMap((step) => step.classes.map(({ id }) => [id, step])));
  for (const dataset of withShots(datasets, options, random)) {
    for (const kind of ['train', 'test'] as const) {
      for (const sample of dataset[kind]) {
        const step = stepOf.get(sample.classId);
        if (step === undefined) throw unlisted(scenario, dataset.name, sample);
        step[kind].push(sample);
      }
    }
  }
  const cut = `B${options.baseClasses}-Inc${increment}`;
  return cutStream(`${datasets.map(({ name }) => name).join(', ')} ${cut}`, scenario, steps);
}

/** Steps of the usual cuts of CIFAR-100 (Inc10), ImageNet-R and CUB-200 (Inc20). */
const usualSteps = 10;

/** A part that is being filled. */
interface Step extends Part {
  readonly classes: readonly ClassInfo[];
  readonly train: Sample[];
  readonly test: Sample[];
}

/** Classes of each step (the base, then the increments, then what is left), and of an increment. */
function stepSizes(
  where: string,
  total: number,
  { baseClasses, classesPerTask }: ClassIncrementalOptions,
): { readonly sizes: readonly number[]; readonly increment: number } {
  for (const [option, value] of Object.entries({ baseClasses, classesPerTask })) {
    if (value <= total || total === 0) continue; // no class at all is refused by cutStream
    throw new ClError(
      'INVALID_OPTION',
      `${where}: option ${option} is ${value}, expected at most ${total}, the number of classes. Lower it.`,
    );
  }
  const sizes: number[] = baseClasses === 0 ? [] : [baseClasses];
  let left = total - baseClasses;
  const increment = classesPerTask || Math.max(1, Math.ceil(left / usualSteps));
  while (left > 0) {
    const size = Math.min(increment, left);
    sizes.push(size);
    left -= size;
  }
  return { sizes, increment };
}

function unlisted(where: string, dataset: string, { image, classId }: Sample): ClError {
  return new ClError(
    'UNKNOWN_CLASS',
    `${where}: sample "${image.id}" of "${dataset}" has class "${classId}", which the dataset does not list. ` +
      'List it among the classes.',
  );
}
