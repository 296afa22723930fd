/**
 * A step of full fine-tuning of a ViT-B/16 (86 million weights, AdamW), against the same step in PyTorch eager with its
 * fused AdamW, steps in turn so that a busy machine slows both alike. Times on the clock, and of the processor, which
 * other work lengthens less. `CL_BENCH_PYTHON` names a Python with torch; `CL_BENCH_BATCH` the rows (8), `CL_BENCH_ROUNDS`
 * the steps after one to warm up (4).
 */
import { cpus, loadavg } from 'node:os';
import { createRequire } from 'node:module';
import { bench } from 'vitest';
import { createSweep } from '../src/kernels/sweep.ts';
import { adamWUpdate } from '../src/optimizers/adam-w.ts';
import { sumOfSquares } from '../src/optimizers/clip.ts';
import { fineTuner, imageBatch } from './support/fine-tuning.ts';
import { allocatorsInUse, startTorch } from './support/torch.ts';

const rows = Number(process.env['CL_BENCH_BATCH'] ?? 8);
const rounds = Number(process.env['CL_BENCH_ROUNDS'] ?? 4);
const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
  version: string;
};

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

bench(
  `full fine-tuning, batch ${rows}`,
  async () => {
    const trainer = fineTuner(rows, { threads: 2 });
    const batch = imageBatch(rows);
    const script = new URL('support/torch_vit.py', import.meta.url);
    const torch = await startTorch(script, { batch: rows, threads: 2 });
    const [ours, theirs, optimizer]: [Cost[], Cost[], Cost[]] = [[], [], []];
    for (let round = 0; round <= rounds; round++) {
      ours.push(await measure(() => trainer.step(batch)));
      if (torch === undefined) continue;
      const { ms, cpu } = await torch.step();
      theirs.push({ wall: ms, cpu });
    }
    const peak = process.resourceUsage().maxRSS / 1e6;
    const sizes = trainer.store.values.length;
    await trainer.dispose();
    torch?.close();
    const [weights, gradients] = [new Float32Array(sizes), new Float32Array(sizes).fill(1e-3)];
    const sweep = createSweep(adamWUpdate, sizes);
    const scalars = [0.9, 0.1, 0.999, 0.001, 1e-5, 1, 1e-8, 1e-7, 1];
    for (let round = 0; round <= rounds; round++) {
      const work = async (): Promise<void> => {
        sumOfSquares(gradients);
        sweep.run(weights, gradients, 0, sizes, scalars);
      };
      optimizer.push(await measure(work));
    }
    const share = (costs: readonly Cost[]): object => ({
      'ms (median, min)': both(costs, 'wall'),
      'processor ms (median, min)': both(costs, 'cpu'),
    });
    console.table({
      'this package': share(ours),
      ...(torch === undefined ? {} : { [`PyTorch ${torch.version}, fused AdamW`]: share(theirs) }),
      'of it length of gradient and AdamW': share(optimizer),
    });
    const ratio = (of: keyof Cost): string => (middle(theirs, of) / middle(ours, of)).toFixed(2);
    if (torch !== undefined) {
      console.log(
        `speed of PyTorch’s: ${ratio('wall')} on the clock, ${ratio('cpu')} of the processor`,
      );
    }
    const part = (of: keyof Cost): string =>
      `${((100 * middle(optimizer, of)) / middle(ours, of)).toFixed(1)} %`;
    console.log(
      `share of the optimiser: ${part('wall')} on the clock, ${part('cpu')} of the processor; peak memory of this process ` +
        `${peak.toFixed(1)} GB; ${cpus()[0]!.model}, 2 threads, Node ${process.version}, onnxruntime ${version}, load ` +
        `${loadavg()[0]!.toFixed(1)}; ${allocatorsInUse()}`,
    );
  },
  { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 },
);

async function measure(work: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1e3 };
}

/** Without the first round, which warms up. */
function sorted(costs: readonly Cost[], of: keyof Cost): number[] {
  return costs
    .slice(1)
    .map((cost) => cost[of])
    .sort((a, b) => a - b);
}

function middle(costs: readonly Cost[], of: keyof Cost): number {
  const values = sorted(costs, of);
  return values[values.length >> 1]!;
}

function both(costs: readonly Cost[], of: keyof Cost): string {
  return `${middle(costs, of).toFixed(0)}, ${sorted(costs, of)[0]!.toFixed(0)}`;
}
