// Awaits the end of a trainer and of an evaluator with nothing else to do, as a script would: prints "done" at last.
import { Emitter, sgd } from '@cl/autodiff';
import { createEvaluator, createTrainer } from '@cl/autodiff/node';

const empty = { opset: 21, domains: {}, inputs: [], outputs: [], nodes: [] };
const g = new Emitter({ ...empty, initializers: new Map(), types: new Map() });
const product = g.mul(g.input('x', 'float32', [2]), g.input('w', 'float32', [2]));
const graph = g.build([g.rename(g.sumAll(product), 'loss')]);
const two = { dtype: 'float32', dims: [2], data: Float32Array.of(1, 2) };
const common = { graph: () => graph, parameters: new Map([['w', two]]), threads: 1 };
const batch = { rows: 2, feeds: { x: two } };

const trainer = createTrainer({ ...common, loss: 'loss', optimizer: sgd() });
const { loss } = await trainer.step(batch);
await trainer.dispose();
const evaluator = createEvaluator({ ...common, outputs: ['loss'] });
const results = await evaluator.run(batch);
await evaluator.dispose();
process.stdout.write(loss === 5 && results.loss.data[0] === 5 ? 'done' : 'wrong');
