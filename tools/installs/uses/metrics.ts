import { averageForgetting, meanAndDeviation } from '@cl/metrics';

const forgetting = averageForgetting([[0.9], [0.7, 0.8], [0.6, 0.7, 0.5]]);
const overSeeds = meanAndDeviation([forgetting ?? 0, 0.4], 1);
console.log(overSeeds?.mean.toFixed(2));
// prints 0.30
