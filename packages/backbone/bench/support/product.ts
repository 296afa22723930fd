/** How fast this machine multiplies float32 matrices at its best. */
import { GraphBuilder, writeModel } from '@cl/onnx';
import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Rows, inner size and columns: large, and no row as long as a multiple of 4096 bytes. */
const [m, k, n] = [1920, 960, 1920];

/** A product to time. */
export interface FastProduct {
  /** Of the fastest of ten runs. */
  readonly flopsPerMillisecond: () => Promise<number>;
  readonly release: () => Promise<void>;
}

/** One large product with constant weights, on all cores. */
export async function fastProduct(): Promise<FastProduct> {
  const noise = (rows: number, cols: number): Float32Array =>
    Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(i * 1.7));
  const g = new GraphBuilder({ opset: 17 });
  const weights = g.initializer('w', { dtype: 'float32', dims: [k, n], data: noise(k, n) });
  g.output(g.node('MatMul', [g.input('x', 'float32', [m, k]), weights]), 'float32', [m, n]);
  const options = { intraOpNumThreads: availableParallelism(), logSeverityLevel: 3 } as const;
  const session = await InferenceSession.create(writeModel(g.build()), options);
  const x = new Tensor('float32', noise(m, k), [m, k]);
  return {
    async flopsPerMillisecond() {
      let fastest = Infinity;
      for (let i = 0; i < 10; i += 1) {
        const start = performance.now();
        await session.run({ x });
        fastest = Math.min(fastest, performance.now() - start);
      }
      return (2 * m * k * n) / fastest;
    },
    release: async () => session.release(),
  };
}
