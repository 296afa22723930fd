import { createRandom, decodeSafetensors, encodeSafetensors } from '@cl/hub';

const data = Float32Array.from({ length: 6 }, () => createRandom(7).normal());
const bytes = encodeSafetensors({ weights: { dtype: 'float32', dims: [2, 3], data } });
console.log(decodeSafetensors(bytes).tensors['weights']?.dims.join());
// prints 2,3
