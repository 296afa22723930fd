import { jointRidge, nearestMean, zeroShot } from '@cl/baselines';
import { syntheticFeatures } from '@cl/testing';
import { describeLearner } from '@cl/testing/vitest';

describeLearner(
  zeroShot,
  {},
  {
    exceptions: {
      'refuses features that are NaN and stays as it was': 'It never looks at a training image.',
    },
  },
);
describeLearner(nearestMean);
// Some 40 samples: with 128 hidden units the system is solved over samples, with 24 over units in the end.
describeLearner(jointRidge, { hiddenDim: 128 });
describeLearner(jointRidge, { hiddenDim: 24 });
describeLearner(
  jointRidge,
  { hiddenDim: 32, adapterWeight: 0.8 },
  { features: () => syntheticFeatures() }, // it needs texts only when it is fused
);
