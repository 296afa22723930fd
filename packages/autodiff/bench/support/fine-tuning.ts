/** Full fine-tuning of the ViT: all weights and a head of 100 classes, AdamW. What `torch_vit.py` does in PyTorch. */
import { Emitter, adamW, crossEntropy, parameterize } from '@cl/autodiff';
import { createTrainer, type Batch, type Trainer, type TrainerOptions } from '@cl/autodiff/node';
import type { OnnxGraph } from '@cl/onnx';
import { randomWeight, vitB16, vitGraph, type VitShape } from './vit.ts';

const classes = 100;

/** The graph of the loss, with all weights as inputs, and their first values. */
function fineTuning(
  rows: number,
  shape: VitShape,
): { graph: OnnxGraph; parameters: TrainerOptions['parameters'] } {
  const vit = vitGraph(rows, shape);
  const names = [...vit.initializers].filter(([, { dtype }]) => dtype === 'float32');
  const { graph, parameters } = parameterize(
    vit,
    names.map(([name]) => name).filter((name) => !name.startsWith('const')),
  );
  const g = new Emitter(graph);
  const width = g.value('features').dims[1]!;
  const head = randomWeight('head.weight', [width, classes]);
  const bias = randomWeight('head.bias', [classes]);
  const logits = g.add(
    g.matMul(g.value('features'), g.input('head.weight', 'float32', head.dims)),
    g.input('head.bias', 'float32', bias.dims),
  );
  g.rename(crossEntropy(g, logits, g.input('labels', 'int32', [rows])), 'loss');
  return {
    graph: g.build(['loss']),
    parameters: new Map([...parameters, ['head.weight', head], ['head.bias', bias]]),
  };
}

/** A trainer for batches of one size. */
export function fineTuner(
  rows: number,
  options: Partial<TrainerOptions> = {},
  shape: VitShape = {},
): Trainer {
  const { graph, parameters } = fineTuning(rows, shape);
  const optimizer = adamW({ learningRate: 1e-5 });
  return createTrainer({ graph: () => graph, loss: 'loss', parameters, optimizer, ...options });
}

/** Random images with labels. */
export function imageBatch(rows: number, { imageSize = vitB16.imageSize }: VitShape = {}): Batch {
  const pixels = randomWeight('pixels', [rows, 3, imageSize, imageSize]);
  for (let i = 0; i < pixels.data.length; i++) pixels.data[i] = 50 * pixels.data[i]!; // N(0, 1)
  const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
  return { rows, feeds: { pixels, labels: { dtype: 'int32', dims: [rows], data: labels } } };
}
