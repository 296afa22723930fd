import { rail } from '@cl/rail';
import { describeLearner } from '@cl/testing/vitest';

// Four experiences of 9 classes and some 40 samples: 128 hidden units keep `auto` on features to the end, 24 make it
// turn to sums on the way.
describeLearner(rail, { hiddenDim: 128 });
describeLearner(rail, { hiddenDim: 24 });
describeLearner(rail, { hiddenDim: 48, memory: 'statistics' });
describeLearner(rail, { hiddenDim: 16, memory: 'features', precision: 'float32', ridge: 1 });
describeLearner(rail, { form: 'dual' });
describeLearner(rail, { form: 'dual', kernel: 'linear', dualRidge: 0.1 });
