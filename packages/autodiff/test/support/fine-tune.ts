import { readdir } from 'node:fs/promises';
import { Emitter, adamW, blockInputs, crossEntropy, parameterize } from '@cl/autodiff';
import { createTrainer } from '@cl/autodiff/node';
import { createRandom } from '@cl/hub';
import { graphFromModel, simplify, weightsOf } from '@cl/onnx';
import { readModelFile } from '@cl/onnx/node';
import sharp from 'sharp';

/** Trains the last block of a ViT and a new head on the images of `folder/<class>/`. */
export async function fineTune(path: string, folder: string, size: number, epochs: number) {
  const model = graphFromModel(await readModelFile(path)); // pixels [N, 3, S, S] → tokens [N, T, D]
  const [pixels, tokens, parameters] = [model.inputs[0]!.name, model.outputs[0]!, weightsOf(model)];
  const vit = (rows: number) =>
    simplify(model, { inputDims: { [pixels]: [rows, 3, size, size] }, parameters });
  const [one, classes] = [vit(1), (await readdir(folder)).sort()];
  const block = weightsOf(one, blockInputs(one).at(-1)); // of the last block and what follows it

  const samples: { label: number; image: number[] }[] = [];
  for (const [label, name] of classes.entries())
    for (const file of await readdir(`${folder}/${name}`)) {
      const image = sharp(`${folder}/${name}/${file}`).resize(size, size, { fit: 'fill' });
      const bytes = await image.removeAlpha().toColourspace('srgb').raw().toBuffer(); // [S, S, 3]
      const rgb = Array.from(bytes, (x) => x / 127.5 - 1);
      samples.push({ label, image: [0, 1, 2].flatMap((c) => rgb.filter((_, i) => i % 3 === c)) });
    }

  const dims = [Number(one.types.get(tokens)!.dims[2]), classes.length];
  const head = { dtype: 'float32', dims, data: new Float32Array(dims[0]! * dims[1]!) } as const;
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
      const batch = order.splice(0, 8).map((i) => samples[i]!);
      const [rows, truth] = [batch.length, Int32Array.from(batch, ({ label }) => label)];
      const data = Float32Array.from(batch.flatMap(({ image }) => image));
      const images = { dtype: 'float32', dims: [rows, 3, size, size], data } as const;
      const labels = { dtype: 'int32', dims: [rows], data: truth } as const;
      losses.push((await trainer.step({ rows, feeds: { [pixels]: images, labels } })).loss);
    }
  const weights = trainer.store.toTensors(); // for writeSafetensors of @cl/hub/node, for instance
  await trainer.dispose();
  return { classes, weights, losses };
}
