import { describeLearner } from '@cl/testing/vitest';

// Name the plugin and the smallest options under which it still learns:
// describeLearner(myLearner, { hiddenDim: 32 });
void describeLearner;
