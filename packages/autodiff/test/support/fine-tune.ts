import { readdir } from 'node:fs/promises';
import { Emitter, adamW, blockInputs, crossEntropy, parameterize } from '@cl/autodiff';
import { createTrainer } from '@cl/autodiff/node';
import { createRandom } from '@cl/hub';
import { graphFromModel, simplify, weightsOf, type OnnxTensor } from '@cl/onnx';
import { readModelFile } from '@cl/onnx/node';
import sharp from 'sharp';

/** Trains the last block of a ViT and a new head on the images of `folder/<class>/`. */
export async function fineTune(path: string, folder: string, size: number, epochs: number) {
  const model = graphFromModel(await readModelFile(path)); // pixels [N, 3, S, S] → tokens [N, T, D]
  const [pixels, tokens] = [model.inputs[0]!.name, model.outputs[0]!];
  const parameters = weightsOf(model);
  const vit = (rows: number) =>
    simplify(model, { inputDims: { [pixels]: [rows, 3, size, size] }, parameters });
  const one = vit(1); // its last block is what lies behind the last place between blocks
  const start = one.nodes.findIndex(({ outputs }) => outputs[0] === blockInputs(one).at(-1));
  const behind = one.nodes.slice(start + 1).flatMap(({ inputs }) => inputs);
  const block = weightsOf(one).filter((name) => behind.includes(name));

  const classes = (await readdir(folder)).sort();
  const samples: { label: number; image: number[] }[] = [];
  for (const [label, name] of classes.entries())
    for (const file of await readdir(`${folder}/${name}`)) {
      const image = sharp(`${folder}/${name}/${file}`).resize(size, size, { fit: 'fill' });
      const rgb = await image.removeAlpha().toColourspace('srgb').raw().toBuffer(); // [S, S, 3]
      const planes = [0, 1, 2].flatMap((c) => [...rgb.filter((_, i) => i % 3 === c)]); // [3, S, S]
      samples.push({ label, image: planes.map((x) => x / 127.5 - 1) });
    }

  const dims = [Number(one.types.get(tokens)!.dims[2]), classes.length];
  const head: OnnxTensor = { dtype: 'float32', dims, data: new Float32Array(dims[0]! * dims[1]!) };
  const graph = (rows: number) => {
    const g = new Emitter(parameterize(vit(rows), block).graph);
    const first = g.reshape(g.slice(g.value(tokens), 1, 0, 1), [rows, dims[0]!]);
    const logits = g.matMul(first, g.input('head', 'float32', dims));
    return g.build([g.rename(crossEntropy(g, logits, g.input('labels', 'int32', [rows])), 'loss')]);
  };
  const trained = new Map([...parameterize(one, block).parameters, ['head', head]]);
  const trainer = createTrainer({ graph, loss: 'loss', parameters: trained, optimizer: adamW() });
  const [random, losses] = [createRandom('order'), [] as number[]];
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const order = random.permutation(samples.length); order.length > 0;) {
      const chosen = order.splice(0, 8).map((n) => samples[n]!);
      const data = Float32Array.from(chosen.flatMap(({ image }) => image));
      const labels = Int32Array.from(chosen, ({ label }) => label);
      const feeds = {
        [pixels]: { dtype: 'float32', dims: [chosen.length, 3, size, size], data },
        labels: { dtype: 'int32', dims: [chosen.length], data: labels },
      } as const;
      losses.push((await trainer.step({ rows: chosen.length, feeds })).loss);
    }
  const weights = trainer.store.toTensors(); // for writeSafetensors of @cl/hub/node, for instance
  await trainer.dispose();
  return { classes, weights, losses };
}
