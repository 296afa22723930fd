// @ts-check
/** The layers of the architecture from bottom to top: a dependency goes down or not at all. */
export const layers = [
  'protocol',
  'format',
  'engine',
  'capability',
  'learner',
  'orchestration',
  'app',
];

/** Layers whose packages never import one another or `capability`: learners are given what they need. */
export const isolated = ['learner'];
