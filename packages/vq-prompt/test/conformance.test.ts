import { describeLearner } from '@cl/testing/vitest';
import { featuresOf, smallVit, tileStream } from '@cl/training/testing';
import { vqPrompt } from '@cl/vq-prompt';
import { quick } from './support/quick.ts';

const backbone = smallVit();
const features = featuresOf(backbone);

// The defaults name five layers, which `small` has; two are enough for the rest.
describeLearner(vqPrompt, quick, {
  backbone: smallVit({ layers: 5 }),
  features: () => features,
  stream: tileStream([2, 2, 2]),
});
