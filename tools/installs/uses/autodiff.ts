import { backward, Emitter, meanSquaredError } from '@cl/autodiff';

const empty = {
  opset: 21,
  domains: {},
  inputs: [],
  outputs: [],
  nodes: [],
  initializers: new Map(),
  types: new Map(),
};
const g = new Emitter(empty);
const [x, w] = [g.input('x', 'float32', [4, 3]), g.input('w', 'float32', [3, 2])];
const loss = g.rename(meanSquaredError(g, g.matMul(x, w), 0), 'loss');
console.log(backward(g.build([loss]), { loss: 'loss', wrt: ['w'] }).outputs.join());
// prints loss,w.grad
