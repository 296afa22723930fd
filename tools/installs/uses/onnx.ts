import { GraphBuilder, graphFromModel, printGraph, readModel, writeModel } from '@cl/onnx';

const builder = new GraphBuilder();
const x = builder.input('x', 'float32', [2, 2]);
builder.output(builder.node('Relu', [x], {}, { outputs: ['y'] }), 'float32', [2, 2]);
console.log(
  printGraph(graphFromModel(readModel(writeModel(builder.build())))).includes('y = Relu(x)'),
);
// prints true
