/**
 * A step of stage 1 at the shape of a ViT-B/16 with random weights: 10 prompts of 4 + 4 tokens in blocks 0 to 4, 100
 * classes, AdamW; against the same step in PyTorch eager, steps in turn so that a busy machine slows both alike. With
 * `CL_BENCH_TASK=1` also a whole task of 20 epochs: a query for each image once, against PyTorch with the query recomputed
 * at each step, as in the authors' code.
 *
 * `CL_BENCH_PYTHON` names a Python with torch; `CL_BENCH_BATCH` the rows (8), `CL_BENCH_MICRO` the rows of one run (all),
 * `CL_BENCH_ROUNDS` the steps after one to warm up (4, or 2 of more than 8 rows), `CL_BENCH_RECOMPUTE=blocks` trades time for
 * memory.
 */
import { adamW } from '@cl/autodiff';
import { createEvaluator, createTrainer, splitBatch } from '@cl/autodiff/node';
import type { OnnxGraph } from '@cl/onnx';
import type { ImageModel } from '@cl/training';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { bench } from 'vitest';
import { allocatorsInUse, startTorch } from '../../autodiff/bench/support/torch.ts';
import { randomWeight, vitB16, vitGraph } from '../../autodiff/bench/support/vit.ts';
import { embeddingName } from '../src/cut.ts';
import { PromptedModel, keysName, promptsName } from '../src/prompted-model.ts';

const rows = Number(process.env['CL_BENCH_BATCH'] ?? 8);
const micro = Number(process.env['CL_BENCH_MICRO'] ?? rows);
const rounds = Number(process.env['CL_BENCH_ROUNDS'] ?? (rows > 8 ? 2 : 4));
const wholeTask = process.env['CL_BENCH_TASK'] === '1';
const recompute = process.env['CL_BENCH_RECOMPUTE'] === 'blocks';
const [layers, entries, length, classes, epochs] = [[0, 1, 2, 3, 4], 10, 8, 100, 20];

/** The ViT as the training package opens it, without a file. */
function openedVit(): ImageModel {
  const graphs = new Map<number, OnnxGraph>();
  const graph = (n: number): OnnxGraph => {
    const known = graphs.get(n) ?? { ...vitGraph(n), outputs: ['features'] };
    graphs.set(n, known);
    return known;
  };
  return { graph, featureDim: vitB16.width } as unknown as ImageModel;
}

bench(
  `VQ-Prompt, batch ${rows}`,
  async () => {
    const model = new PromptedModel(openedVit(), {
      layers,
      temperature: 1,
      prompt: 'quantized',
      projection: 'after',
      normalizeQuery: false,
    });
    const sizes = layers.map(() => ({ entries, length }));
    const { width } = vitB16;
    const names = [
      ...layers.map((layer) => [promptsName(layer), [entries, length, width]] as const),
      ...layers.map((layer) => [keysName(layer), [entries, width]] as const),
      ['head.weight', [width, classes]] as const,
      ['head.bias', [classes]] as const,
    ];
    const parameters = new Map(names.map(([name, dims]) => [name, randomWeight(name, dims)]));
    const all = [...Array(classes).keys()];
    const weights = { codebook: 0.1, commitment: 0.4, balance: 0 };
    const trainer = createTrainer({
      graph: (n) => model.training(n, sizes, { classes, allowed: all, weights }),
      loss: 'loss',
      parameters,
      optimizer: adamW({ learningRate: 0.0025, weightDecay: 0 }),
      ...(recompute && { recompute: model.checkpoints(micro) }),
      threads: 2,
    });
    const embedding = randomWeight(embeddingName, [rows, ...model.embeddingDims]);
    const query = randomWeight('query', [rows, width]);
    const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
    const feeds = {
      [embeddingName]: embedding,
      query,
      labels: { dtype: 'int32' as const, dims: [rows], data: labels },
    };
    const script = new URL('support/torch_vq_prompt.py', import.meta.url);
    process.env['PYTHONPATH'] = fileURLToPath(
      new URL('../../autodiff/bench/support', import.meta.url),
    );
    const config = { batch: rows, threads: 2 };
    const cached = await startTorch(script, { ...config, query: 'cached' });
    const recomputed = wholeTask
      ? await startTorch(script, { ...config, query: 'recomputed' })
      : undefined;
    const frozen = createEvaluator({
      graph: (n) => model.body(n),
      outputs: ['features'],
      threads: 2,
    });
    const times: Record<string, number[]> = {};
    const note = (what: string, ms: number): number => (times[what] ??= []).push(ms);
    const batch = splitBatch({ rows, feeds }, micro);
    const images = { rows, feeds: { [embeddingName]: embedding } };
    for (let round = 0; round <= rounds; round++) {
      note('step', await measure(() => trainer.step(batch)));
      if (cached !== undefined) note('PyTorch, query cached', (await cached.step()).ms);
      if (wholeTask) note('query', await measure(() => frozen.run(images)));
      if (recomputed !== undefined) note('PyTorch, query recomputed', (await recomputed.step()).ms);
    }
    const peak = process.resourceUsage().maxRSS / 1e6;
    await trainer.dispose();
    await frozen.dispose();
    cached?.close();
    recomputed?.close();
    const median = (what: string): number => {
      const sorted = times[what]!.slice(1).sort((a, b) => a - b); // the first round warms up
      return sorted[sorted.length >> 1]!;
    };
    console.table(
      Object.fromEntries(
        Object.entries(times).map(([what, ms]) => [
          what,
          {
            'ms (median, min)': `${median(what).toFixed(0)}, ${Math.min(...ms.slice(1)).toFixed(0)}`,
          },
        ]),
      ),
    );
    const ratio = (what: string, ms: number): string => (median(what) / ms).toFixed(2);
    if (cached !== undefined) {
      const step = ratio('PyTorch, query cached', median('step'));
      console.log(`speed of a step, of PyTorch ${cached.version}’s: ${step}`);
    }
    if (recomputed !== undefined) {
      const whole = median('step') + median('query') / epochs;
      console.log(`speed of a task, of recomputing: ${ratio('PyTorch, query recomputed', whole)}`);
    }
    console.log(
      `${rows} rows in runs of ${micro}, ${recompute ? 'blocks recomputed' : 'nothing recomputed'}; peak memory of this ` +
        `process ${peak.toFixed(1)} GB; ${cpus()[0]!.model}, 2 threads, Node ${process.version}, load ` +
        `${loadavg()[0]!.toFixed(1)}; ${allocatorsInUse()}`,
    );
  },
  { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 },
);

async function measure(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
