/** Options under which a lesson takes a moment. */
export const quick = {
  layers: [0, 1],
  poolSize: 4,
  promptLength: 4,
  epochs: 6,
  batchSize: 8,
  learningRate: 0.02,
  promptRateFactor: 1,
  classifierEpochs: 2,
  classifierSamples: 8,
  classifierLearningRate: 0.01,
  threads: 1,
} as const;
