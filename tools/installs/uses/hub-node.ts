import { mkdtemp } from 'node:fs/promises';
import { readSafetensors, writeSafetensors } from '@cl/hub/node';

const path = `${await mkdtemp('out-')}/a.safetensors`;
await writeSafetensors(path, { a: { dtype: 'float32', dims: [2], data: Float32Array.of(1, 2) } });
console.log((await readSafetensors(path)).tensors['a']?.data.join());
// prints 1,2
