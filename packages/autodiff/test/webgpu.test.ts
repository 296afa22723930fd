/**
 * A training step on WebGPU, run for real on SwiftShader, the software Vulkan driver that comes with Debian's
 * `chromium`. In a process of its own: the driver is chosen by environment variables, and may crash.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Emitter, backward, crossEntropy, parameterize } from '@cl/autodiff';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '@cl/hub';
import {
  graphFromModel,
  modelFromGraph,
  readModel,
  simplify,
  writeModel,
  type OnnxGraph,
} from '@cl/onnx';
import { expect, test } from 'vitest';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const present = existsSync(driver) || process.env['CI'] === 'true';
if (!present) {
  console.warn(`webgpu.test.ts is skipped: ${driver} is absent (apt-get install chromium).`);
}

/** Other kernels sum in another order, in float32; biases of keys, whose gradient is 0, are held to the absolute part. */
const tolerance = { relative: 1e-4, absolute: 1e-6 };

/** The forward graph of a ViT with cross-entropy behind it, all weights open, and what its inputs are. */
async function vitLoss(): Promise<{
  graph: OnnxGraph;
  names: readonly string[];
  feeds: Record<string, Tensor>;
}> {
  const read = (file: string) => readFile(new URL(`fixtures/${file}`, import.meta.url));
  const graph = graphFromModel(readModel(await read('vit.onnx')));
  const { tensors } = decodeSafetensors(await read('vit.safetensors'));
  const names = [...graph.initializers.keys()].filter((name) => `${name}.grad` in tensors);
  const plain = simplify(graph, {
    inputDims: { pixel_values: [3, 3, 16, 16] },
    parameters: names,
  });
  const { graph: open, parameters } = parameterize(plain, names);
  const g = new Emitter(open);
  const [head, labels] = [g.input('head', 'float32', [16, 5]), g.input('labels', 'int32', [3])];
  const first = g.reshape(g.slice(g.value('last_hidden_state'), 1, 0, 1), [3, 16]);
  g.rename(crossEntropy(g, g.matMul(first, head), labels), 'loss');
  return {
    graph: g.build(['loss']),
    names: [...names, 'head'],
    feeds: {
      ...(Object.fromEntries(parameters) as Record<string, Tensor>),
      pixel_values: tensors['pixel_values']!,
      head: tensors['head']!,
      labels: { dtype: 'int32', dims: [3], data: Int32Array.of(0, 3, 4) },
    },
  };
}

/** How far a value is apart on two devices, and its largest element. */
interface Apart {
  readonly name: string;
  readonly largest: number;
  readonly apart: number;
}

/** Runs a script of `support/` on a model and feeds, in a process that sees the software driver. */
async function runChild(
  script: string,
  graph: OnnxGraph,
  feeds: Record<string, Tensor>,
): Promise<readonly Apart[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cl-webgpu-')); // mode 0700
  writeFileSync(join(folder, 'model.onnx'), writeModel(modelFromGraph(graph)));
  writeFileSync(join(folder, 'feeds.safetensors'), encodeSafetensors(feeds));
  const path = fileURLToPath(new URL(`support/${script}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [path, folder], {
    env: {
      ...process.env,
      VK_ICD_FILENAMES: driver,
      XDG_RUNTIME_DIR: folder,
      // chromium's own Vulkan loader, for machines without libvulkan1
      LD_LIBRARY_PATH: `${process.env['LD_LIBRARY_PATH'] ?? ''}:${dirname(driver)}`,
    },
    timeout: 280_000,
  });
  rmSync(folder, { recursive: true });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Apart[];
}

function expectAlike(outputs: readonly Apart[]): void {
  for (const { name, largest, apart } of outputs) {
    expect(apart, name).toBeLessThanOrEqual(tolerance.relative * largest + tolerance.absolute);
  }
  expect(outputs.some(({ apart }) => apart > 0)).toBe(true); // it did not run on the CPU twice
}

test.skipIf(!present)(
  'every node of a ViT’s training step runs on WebGPU and agrees with the CPU',
  async () => {
    const { graph, names, feeds } = await vitLoss();
    const both = backward(graph, { loss: 'loss', wrt: names });
    const outputs = await runChild('webgpu-child.mjs', both, feeds);
    expect(outputs).toHaveLength(1 + names.length); // loss and gradients
    expectAlike(outputs);
  },
  300_000,
);

test.skipIf(!present)(
  'a trainer on WebGPU takes the steps of one on the CPU',
  async () => {
    const { graph, names, feeds } = await vitLoss();
    const outputs = await runChild('webgpu-trainer-child.mjs', graph, feeds);
    expect(outputs).toHaveLength(3 + names.length); // the losses of three steps, and all parameters
    expectAlike(outputs);
  },
  300_000,
);
