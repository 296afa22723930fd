// Takes three steps of SGD on the CPU and wholly on WebGPU, prints how far losses and parameters are apart: `node
// webgpu-trainer-child.mjs <folder>` with model.onnx, which computes a loss, and feeds.safetensors.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sgd } from '@cl/autodiff';
import { createTrainer } from '@cl/autodiff/node';
import { decodeSafetensors } from '@cl/hub';
import { graphFromModel, inferTypes, readModel } from '@cl/onnx';

const folder = process.argv[2];
const graph = inferTypes(graphFromModel(readModel(readFileSync(join(folder, 'model.onnx')))));
const { tensors } = decodeSafetensors(readFileSync(join(folder, 'feeds.safetensors')));
const { pixel_values, labels, ...parameters } = tensors;

async function train(device) {
  const trainer = createTrainer({
    graph: () => graph,
    loss: 'loss',
    parameters: new Map(Object.entries(parameters)),
    optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
    threads: 1,
    device,
  });
  const batch = { rows: 3, feeds: { pixel_values, labels } };
  const reports = await trainer.train([batch, batch, batch]);
  const trained = trainer.store.toTensors();
  await trainer.dispose();
  const losses = reports.map(({ step, loss }) => [`loss ${step}`, [loss]]);
  return [...losses, ...Object.entries(trained).map(([name, { data }]) => [name, data])];
}

const cpu = await train('cpu');
const webgpu = new Map(await train('webgpu'));
const outputs = cpu.map(([name, values]) => {
  let [largest, apart] = [0, 0];
  values.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    apart = Math.max(apart, Math.abs(value - webgpu.get(name)[i]));
  });
  return { name, largest, apart };
});
process.stdout.write(`\n${JSON.stringify(outputs)}\n`);
process.exit(0);
