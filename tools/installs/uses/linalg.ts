import { ridge } from '@cl/linalg';

const features = { rows: 2, cols: 2, data: Float64Array.of(1, 0, 0, 1) };
const targets = { rows: 2, cols: 1, data: Float64Array.of(3, 5) };
const weights = await ridge(features, targets, 1);
console.log([...weights.data].map((w) => w.toFixed(1)).join());
// prints 1.5,2.5
