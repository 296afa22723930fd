import { nearestMean, zeroShot } from '@cl/baselines';
import { createRandom, type FeatureSource } from '@cl/hub';

const images = async () => ({ rows: 1, cols: 1, data: Float32Array.of(1) });
const features: FeatureSource = { fingerprint: 'f', featureDim: 1, images };
const learner = await nearestMean.create({}, { features, random: createRandom(1) });
console.log(learner.experiences, zeroShot.name);
// prints 0 zero-shot
