import { describeLearner } from '@cl/testing/vitest';
import { centroid } from './centroid-learner.ts';

describeLearner(centroid());
describeLearner(centroid(), { vocabulary: 'open' });
