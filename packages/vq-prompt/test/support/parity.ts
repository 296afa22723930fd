/** What the authors' code computes on a small ViT: fixtures made from its commit 63e0220 in float32 on the CPU. */
import { readFileSync } from 'node:fs';
import { decodeSafetensors, type Tensor, type TrainableBackbone } from '@cl/hub';

/** `case.json`. */
interface ParitySettings {
  readonly image_size: number;
  readonly batch: number;
  readonly classes: number;
  readonly old_classes: number;
  readonly pool_size: number;
  readonly prompt_length: number;
  readonly temperature: number;
  readonly layers: readonly number[];
  readonly optimizer: { readonly lr_prompts: number; readonly lr_head: number };
  readonly steps: readonly {
    readonly cross_entropy: number;
    readonly prompt_loss: number;
    readonly loss: number;
  }[];
}

/** A case of the fixtures. */
export interface Parity {
  readonly settings: ParitySettings;
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly backbone: TrainableBackbone;
  float(name: string): Tensor<'float32'>;
}

/** Reads a case: `tau1`, or `tau002` in which images of a batch select different prompts. */
export function parityCase(name: 'tau1' | 'tau002'): Parity {
  const read = (file: string) =>
    readFileSync(new URL(`../fixtures/${name}/${file}`, import.meta.url));
  const settings = JSON.parse(read('case.json').toString()) as ParitySettings;
  const { tensors } = decodeSafetensors(read('case.safetensors'));
  const float = (key: string) => tensors[key] as Tensor<'float32'>;
  const backbone: TrainableBackbone = {
    fingerprint: name,
    imageSize: settings.image_size,
    featureDim: float('query').dims[1]!,
    graph: () =>
      Promise.resolve({
        model: new Uint8Array(read('model.onnx')),
        input: 'pixel_values',
        output: 'last_hidden_state',
        take: 'first-token',
      }),
    pixels: () => Promise.resolve(float('images')),
  };
  return { settings, tensors, backbone, float };
}

/** torch's [C, D] as the head has it, [D, C], and back. */
export function transposed({ dims, data }: Tensor<'float32'>): Tensor<'float32'> {
  const [rows, cols] = dims as [number, number];
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) turned[j * rows + i] = data[i * cols + j]!;
  }
  return { dtype: 'float32', dims: [cols, rows], data: turned };
}
