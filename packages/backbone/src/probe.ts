/**
 * Tries one execution provider in a process of its own: `node probe.js <provider>` multiplies two matrices of
 * ones, checks the product, and writes `{ "milliseconds": … }` or `{ "refusal": … }` as its last line.
 */
import { GraphBuilder, writeModel } from '@cl/onnx';

/** The product that is timed: large enough for a GPU to pay. */
const large = 1024;

/** One that a software driver can do as well; it takes (1024 / 128)³ = 512 times less. */
const small = 128;

/** Where the large product would take longer, it is not made but reckoned from the small one. */
const patienceMs = 2000;

const rounds = 3;

process.env['ORT_DISABLE_TELEMETRY'] = '1';
const ort = await import('onnxruntime-node');

/** Milliseconds of the fastest of a few products of size × size, after one to warm up. */
async function time(provider: string, size: number): Promise<number> {
  const graph = new GraphBuilder({ opset: 17, irVersion: 8 });
  const a = graph.input('a', 'float32', [size, size]);
  graph.node('MatMul', [a, a], {}, { outputs: ['b'] });
  graph.output('b', 'float32', [size, size]);
  const session = await ort.InferenceSession.create(writeModel(graph.build()), {
    executionProviders: [provider],
    logSeverityLevel: 4,
  });
  const ones = new ort.Tensor('float32', new Float32Array(size * size).fill(1), [size, size]);
  let best = Infinity;
  for (let round = 0; round <= rounds; round += 1) {
    const start = performance.now();
    const { b } = await session.run({ a: ones });
    if (round > 0) best = Math.min(best, performance.now() - start);
    const data = b!.data as Float32Array;
    if (data[0] !== size || data.at(-1) !== size) {
      throw new Error(`it computed ${data[0]}, expected ${size}`);
    }
  }
  return best;
}

async function estimate(provider: string): Promise<number> {
  const reckoned = (await time(provider, small)) * (large / small) ** 3;
  return reckoned > patienceMs ? reckoned : time(provider, large);
}

const answer = await estimate(process.argv[2] ?? 'cpu').then(
  (milliseconds) => ({ milliseconds }),
  (error: unknown) => ({ refusal: (error as Error).message.trim().replace(/\s+/gu, ' ') }),
);
process.stdout.write(`\n${JSON.stringify(answer)}\n`, () => process.exit(0));
