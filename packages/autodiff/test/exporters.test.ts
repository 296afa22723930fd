import { readFileSync, readdirSync } from 'node:fs';
import { Emitter, backward, gradientName, parameterize } from '@cl/autodiff';
import { createRandom } from '@cl/hub';
import {
  graphFromModel,
  modelFromGraph,
  readModel,
  simplify,
  writeModel,
  type OnnxGraph,
  type OnnxTensor,
} from '@cl/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';

// The exports that @cl/onnx is tested with: ViT, DeiT, DINOv2, both towers of CLIP; TorchScript and the newer exporter.
const folder = new URL('../../onnx/test/fixtures/', import.meta.url);
const files = readdirSync(folder).filter((file) =>
  /^(vit|deit|dinov2|clip|fused)-.*\.onnx$/.test(file),
);

/** Float32, and all parameters of a network moved at once: curvature shows in the third digit. */
const tolerance = 5e-3;
const step = 1e-3;

function inputOf(graph: OnnxGraph): OnnxTensor {
  const random = createRandom('exporters');
  if (graph.inputs[0]!.elementType === 'int64') {
    const ids = Array.from({ length: 24 }, (_, i) => (i % 12 > 8 ? 49 : 1 + random.integer(40)));
    return { dtype: 'int64', dims: [2, 12], data: BigInt64Array.from(ids, BigInt) };
  }
  const data = Float32Array.from({ length: 2 * 3 * 32 * 32 }, () => random.normal());
  return { dtype: 'float32', dims: [2, 3, 32, 32], data };
}

test.each(files)(
  '%s: all weights’ gradients agree with a difference along one direction',
  async (file) => {
    const graph = graphFromModel(readModel(readFileSync(new URL(file, folder))));
    const input = graph.inputs[0]!.name;
    const x = inputOf(graph);
    const weights = [...graph.initializers]
      .filter(([, { dtype, dims }]) => dtype === 'float32' && dims.length > 0)
      .map(([name]) => name);
    const plain = simplify(graph, { inputDims: { [input]: x.dims }, parameters: weights });
    const names = weights.filter((name) => plain.initializers.has(name));
    expect(names.length).toBeGreaterThan(20);
    const { graph: open, parameters } = parameterize(plain, names);
    const g = new Emitter(open);
    const y = g.value(graph.outputs[0]!);
    const forward = g.build([g.rename(g.sumAll(g.mul(y, y)), 'loss')]);
    const both = backward(forward, { loss: 'loss', wrt: names });

    const session = await InferenceSession.create(writeModel(modelFromGraph(both)), {
      logSeverityLevel: 3,
    });
    const random = createRandom(file);
    const direction = new Map(
      [...parameters].map(([name, { data }]) => [
        name,
        Float32Array.from(data as Float32Array, () => random.normal()),
      ]),
    );
    const run = async (h: number) => {
      const moved = [...parameters].map(([name, { data, dims }]): [string, Tensor] => {
        const v = direction.get(name)!;
        return [
          name,
          new Tensor(
            'float32',
            (data as Float32Array).map((w, i) => w + h * v[i]!),
            dims,
          ),
        ];
      });
      return session.run({
        ...Object.fromEntries(moved),
        [input]: new Tensor(x.dtype as 'float32', x.data as Float32Array, x.dims),
      });
    };
    const gradients = await run(0);
    let along = 0; // ⟨v, ∇loss⟩
    let squares = 0; // ‖∇loss‖², the usual size of that product for normal v
    for (const [name, v] of direction) {
      const gradient = gradients[gradientName(name)]!.data as Float32Array;
      gradient.forEach((value, i) => {
        along += value * v[i]!;
        squares += value * value;
      });
    }
    const lossAt = async (h: number) => ((await run(h))['loss']!.data as Float32Array)[0]!;
    const difference = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
    await session.release();
    expect(squares).toBeGreaterThan(0);
    expect(Math.abs(along - difference)).toBeLessThan(tolerance * Math.sqrt(squares));
  },
);
