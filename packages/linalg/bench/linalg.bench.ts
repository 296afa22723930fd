/**
 * Blocked Cholesky against a plain triple loop and against the rate of GEMM itself; a Gram update against the full
 * product. Competitors take turns inside one process, and medians are compared, so that a busy machine slows all alike;
 * the share of GEMM's rate is of processor time, which other work does not lengthen.
 */
import { cpus, loadavg } from 'node:os';
import { createRequire } from 'node:module';
import { cholesky, createGram, multiply } from '@cl/linalg';
import { bench } from 'vitest';
import { dominantMatrix, plainCholesky, randomMatrix } from '../test/naive.ts';

const once = { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 };
const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
  version: string;
};
const [cpu] = cpus();
console.log(
  `${cpu!.model}, ${cpus().length} cores and as many threads, Node ${process.version}, onnxruntime ${version}, load average ${loadavg()[0]!.toFixed(1)}`,
);

bench('Cholesky', blockedCholesky, once);
bench('Gram update', gramUpdate, once);

async function blockedCholesky(): Promise<void> {
  const table: Record<string, unknown>[] = [];
  for (const dtype of ['float64', 'float32'] as const) {
    const square = randomMatrix(1536, 1536, dtype);
    for (const n of [1024, 2048, 4096]) {
      const a = dominantMatrix(n, dtype);
      const plainRounds = dtype === 'float64' ? (n > 2048 ? 1 : 2) : 0; // the loop is float64 only
      const [ours, gemm, plain]: [Cost[], Cost[], Cost[]] = [[], [], []];
      for (let round = 0; round < 5; round++) {
        ours.push(await measure(() => cholesky(a)));
        gemm.push(await measure(() => multiply(square, square, { transposeB: true })));
        if (round < plainRounds) plain.push(await measure(async () => plainCholesky(a)));
      }
      const rate = n ** 3 / 3 / median(ours, 'cpu');
      const limit = (2 * 1536 ** 3) / median(gemm, 'cpu');
      table.push({
        dtype,
        n,
        'ms (median, min)': `${median(ours).toFixed(0)}, ${Math.min(...ours.map(({ wall }) => wall)).toFixed(0)}`,
        'plain loop ms': plain.length > 0 ? median(plain).toFixed(0) : '–',
        'times faster': plain.length > 0 ? (median(plain) / median(ours)).toFixed(1) : '–',
        'GFLOPS a core': (rate / 1e6).toFixed(1),
        '% of GEMM': ((100 * rate) / limit).toFixed(0),
      });
    }
  }
  console.table(table);
}

async function gramUpdate(): Promise<void> {
  const table: Record<string, unknown>[] = [];
  for (const dtype of ['float64', 'float32'] as const) {
    for (const dim of [1024, 3072]) {
      const phi = randomMatrix(1024, dim, dtype);
      const gram = createGram(dim, dtype);
      const [ours, full]: [Cost[], Cost[]] = [[], []];
      for (let round = 0; round < 5; round++) {
        ours.push(await measure(() => gram.add(phi)));
        full.push(await measure(() => multiply(phi, phi, { transposeA: true })));
      }
      table.push({
        dtype,
        'n × M': `1024 × ${dim}`,
        'Gram ms': median(ours).toFixed(0),
        'full product ms': median(full).toFixed(0),
        'times faster': (median(full) / median(ours)).toFixed(2),
      });
    }
  }
  console.table(table);
}

/** Milliseconds on the clock, and of the processors. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

async function measure(work: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1e3 };
}

function median(costs: readonly Cost[], of: keyof Cost = 'wall'): number {
  return costs.map((cost) => cost[of]).sort((x, y) => x - y)[costs.length >> 1]!;
}
