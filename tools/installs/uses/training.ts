import { createRandom } from '@cl/hub';
import { emptyHead, growHead, headClasses, headLogits } from '@cl/training';

const head = growHead(growHead(emptyHead(3), 2, createRandom(1)), 5, createRandom(2));
const features = { rows: 4, cols: 3, data: new Float32Array(12).fill(1) };
const logits = await headLogits(features, head);
console.log(headClasses(head), logits.rows, logits.cols);
// prints 5 4 5
