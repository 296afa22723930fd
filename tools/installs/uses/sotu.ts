import { maskDelta, subtract } from '@cl/sotu';

const delta = subtract(Float32Array.of(2, 4, 6, 8), Float32Array.of(1, 2, 3, 4));
const owner = { seed: 0, task: 0, parameter: 'w' };
const kept = maskDelta(owner, delta, Uint32Array.of(1, 3), 2);
console.log(kept.length, kept.values.join());
// prints 4 4,8
