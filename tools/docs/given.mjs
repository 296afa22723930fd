// @ts-check
// What code in pages uses without saying where it comes from, because the words around it do. Code that uses none of it
// is complete, and runs.

/** Declarations by name, for every page. @type {Readonly<Record<string, string>>} */
const everywhere = {
  backbone: hub('Backbone & TrainableBackbone'),
  candidates: hub('readonly ClassInfo[]'),
  classes: hub('readonly ClassInfo[]'),
  experience: hub('Experience'),
  features: hub('FeatureSource'),
  images: hub('readonly ImageRef[]'),
  plugin: hub('LearnerPlugin'),
  random: hub('Random'),
  stream: hub('Stream'),
};

/** More, and other things under the same names. @type {Readonly<Record<string, Readonly<Record<string, string>>>>} */
const inPage = {
  'packages/autodiff/README.md': {
    Emitter: "import { Emitter } from '@cl/autodiff';",
    ParameterStore: "import { ParameterStore } from '@cl/autodiff';",
    adamW: "import { adamW } from '@cl/autodiff';",
    backward: "import { backward } from '@cl/autodiff';",
    cosine: "import { cosine } from '@cl/autodiff';",
    crossEntropy: "import { crossEntropy } from '@cl/autodiff';",
    parameterize: "import { parameterize } from '@cl/autodiff';",
    rule: "import { rule } from '@cl/autodiff';",
    graphFromModel: "import { graphFromModel } from '@cl/onnx';",
    modelFromGraph: "import { modelFromGraph } from '@cl/onnx';",
    readModel: "import { readModel } from '@cl/onnx';",
    simplify: "import { simplify } from '@cl/onnx';",
    writeModel: "import { writeModel } from '@cl/onnx';",
    InferenceSession: "import { InferenceSession } from 'onnxruntime-node';",
    Tensor: "import { Tensor } from 'onnxruntime-node';",
    batches: "declare const batches: Parameters<import('@cl/autodiff/node').Trainer['train']>[0];",
    bytes: 'declare const bytes: Uint8Array;',
    empty: "declare const empty: import('@cl/onnx').OnnxGraph;",
    graph: "declare const graph: (rows: number) => import('@cl/onnx').OnnxGraph;",
    names: 'declare const names: readonly string[];',
    newParameters:
      "declare const newParameters: ReadonlyMap<string, import('@cl/onnx').OnnxTensor>;",
    onProgress:
      "declare const onProgress: NonNullable<import('@cl/hub').WorkOptions['onProgress']>;",
    parameters: "declare const parameters: ReadonlyMap<string, import('@cl/onnx').OnnxTensor>;",
    pixels: hub("Tensor & { dtype: 'float32' }"),
    signal: 'declare const signal: AbortSignal;',
    trainingGraph: "declare const trainingGraph: (rows: number) => import('@cl/onnx').OnnxGraph;",
  },
  'packages/hub/README.md': {
    MyLearner: `import type * as protocol from '@cl/hub';\ndeclare const MyLearner: { new (...parts: unknown[]): protocol.Learner; from(...parts: unknown[]): protocol.Learner };`,
    MyOptions: 'interface MyOptions { readonly ridge: number }',
    schema: "declare const schema: import('zod').ZodType<MyOptions>;",
  },
  'packages/testing/README.md': {
    describeLearner: "import { describeLearner } from '@cl/testing/vitest';",
    myLearner: hub('LearnerPlugin<{ hiddenDim: number }>'),
    zeroShot: "import { zeroShot } from '@cl/baselines';",
  },
  'packages/training/README.md': {
    classes: 'declare const classes: number;',
    labels: 'declare const labels: readonly number[];',
    ClassStatistics: "import { ClassStatistics } from '@cl/training';",
    Method: "import type { Method } from '@cl/training';",
    FeatureSource: "import type { FeatureSource } from '@cl/hub';",
    ImageRef: "import type { ImageRef } from '@cl/hub';",
    Lesson: "import type { Lesson } from '@cl/hub';",
    Matrix: "import type { Matrix } from '@cl/hub';",
    WorkOptions: "import type { WorkOptions } from '@cl/hub';",
  },
  'packages/zero-shot/README.md': {
    adapterScores: hub('Matrix'),
    columns: 'declare const columns: readonly number[];',
    learned: hub('ClassRegistry'),
  },
};

/** Files that code in pages imports. @type {Readonly<Record<string, Readonly<Record<string, string>>>>} */
export const files = {
  'apps/reference/README.md': {
    'my-learner.ts': `import type { LearnerPlugin } from '@cl/hub';
      export declare const myLearner: LearnerPlugin<{ depth: number }>;`,
  },
  'packages/testing/README.md': {
    'my-learner.ts': `import type { LearnerPlugin } from '@cl/hub';
      export declare const myLearner: LearnerPlugin<{ hiddenDim: number }>;`,
  },
};

/**
 * The declarations that a page's code may lean on, by name.
 *
 * @param {string} page
 * @returns {Readonly<Record<string, string>>}
 */
export function givenIn(page) {
  return Object.fromEntries(
    Object.entries({ ...everywhere, ...inPage[page] }).map(([name, text]) => [
      name,
      text.startsWith(': ') ? `declare const ${name}${text};` : text,
    ]),
  );
}

/** Pages whose code is compiled only, although its surroundings could be made. */
const compiledOnly = [
  'packages/sotu/README.md', // fine-tunes a backbone
  'packages/vq-prompt/README.md', // trains prompts
];

/**
 * Whether code that takes these names from around it can run: `surroundings.mjs` has them.
 *
 * @param {string} page
 * @param {readonly string[]} names
 */
export function canBeGiven(page, names) {
  if (compiledOnly.includes(page)) return names.length === 0;
  return names.every((name) => name in everywhere && !(name in (inPage[page] ?? {})));
}

/** A constant of a type of `@cl/hub`. @param {string} type */
function hub(type) {
  return `: ${type.replaceAll(/\b[A-Z]\w+/gu, "import('@cl/hub').$&")}`;
}
