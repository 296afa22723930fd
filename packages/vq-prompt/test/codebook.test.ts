import { Emitter, backward, gradientName, type Value } from '@cl/autodiff';
import { createEvaluator } from '@cl/autodiff/node';
import { createRandom, type Tensor } from '@cl/hub';
import type { OnnxGraph } from '@cl/onnx';
import { expect, test } from 'vitest';
import { balanceLoss, codebookLoss, commitmentLoss, quantize } from '../src/codebook.ts';

/** float32 sums of a few dozen numbers. */
const tolerance = 1e-5;
const [batch, entries, length, width, queryWidth] = [5, 4, 2, 3, 6];
const size = length * width;

const empty: OnnxGraph = {
  opset: 21,
  domains: {},
  inputs: [],
  outputs: [],
  nodes: [],
  initializers: new Map(),
  types: new Map(),
};

function normal(seed: string, dims: readonly number[]): Tensor<'float32'> {
  const random = createRandom(seed);
  const count = dims.reduce((product, dim) => product * dim, 1);
  return {
    dtype: 'float32',
    dims,
    data: Float32Array.from({ length: count }, () => random.normal()),
  };
}

interface Settings {
  readonly temperature?: number;
  readonly entries?: number;
  readonly feeds?: Readonly<Record<string, Tensor<'float32'>>>;
  /** Weights of ⟨u, p̃⟩, codebook, commitment and balance in the loss. */
  readonly weights?: readonly [number, number, number, number];
}

/** All that one pool computes for a batch, and the gradients of a weighted loss by keys, prompts and p'. */
async function run({
  temperature = 0.5,
  entries: n = entries,
  feeds = {},
  weights,
}: Settings = {}) {
  const g = new Emitter(empty);
  const query = g.input('query', 'float32', [batch, queryWidth]);
  const keys = g.input('keys', 'float32', [n, queryWidth]);
  const prompts = g.input('prompts', 'float32', [n, length, width]);
  const upstream = g.input('upstream', 'float32', [batch, length, width]);
  const layer = quantize(g, query, { keys, prompts }, { temperature });
  const parts: [string, Value][] = [
    ['task', g.sumAll(g.mul(layer.prompt, upstream))],
    ['codebook', codebookLoss(g, layer)],
    ['commitment', commitmentLoss(g, layer)],
    ['balance', balanceLoss(g, layer)],
  ];
  const loss = parts.reduce<Value | undefined>((sum, [, part], i) => {
    const weighted = g.mul(part, weights?.[i] ?? 0);
    return sum === undefined ? weighted : g.add(sum, weighted);
  }, undefined)!;
  const { scores, soft, selected, entry, prompt } = layer;
  for (const [name, value] of Object.entries({ scores, soft, selected, entry, prompt })) {
    g.rename(value, name);
  }
  for (const [name, value] of parts) g.rename(value, name);
  g.rename(loss, 'loss');
  const outputs = ['scores', 'soft', 'selected', 'entry', 'prompt', ...parts.map(([name]) => name)];
  const forward = g.build([...outputs, 'loss']);
  const wrt = ['keys', 'prompts', 'soft'];
  const graph = weights === undefined ? forward : backward(forward, { loss: 'loss', wrt });
  const evaluator = createEvaluator({ graph: () => graph, outputs: graph.outputs, threads: 1 });
  const given = {
    query: normal('query', [batch, queryWidth]),
    keys: normal('keys', [n, queryWidth]),
    prompts: normal('prompts', [n, length, width]),
    upstream: normal('upstream', [batch, length, width]),
    ...feeds,
  };
  const results = await evaluator.run({ rows: batch, feeds: given });
  await evaluator.dispose();
  const values = (name: string): number[] =>
    Array.from(results[name]!.data as Float32Array, Number);
  return { values, gradient: (name: string) => values(gradientName(name)), given };
}

function rowsOf(values: readonly number[], cols: number): number[][] {
  return Array.from({ length: values.length / cols }, (_, i) =>
    values.slice(i * cols, (i + 1) * cols),
  );
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((x, i) => {
    expect(Math.abs(actual[i]! - x)).toBeLessThan(tolerance * Math.max(1, Math.abs(x)));
  });
}

/** eq. 4 as loops. */
function scoresByHand(query: Tensor, keys: Tensor, temperature: number): number[] {
  const unit = rowsOf(Array.from(keys.data as Float32Array), queryWidth).map((key) => {
    const norm = Math.hypot(...key);
    return key.map((x) => x / norm);
  });
  return rowsOf(Array.from(query.data as Float32Array), queryWidth).flatMap((q) => {
    const dots = unit.map((key) => key.reduce((sum, x, i) => sum + x * q[i]!, 0) / temperature);
    const powers = dots.map((dot) => Math.exp(dot - Math.max(...dots)));
    const total = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / total);
  });
}

test('scores, soft prompt, nearest entry and straight-through prompt are those of equations 4 to 6', async () => {
  const { values, given } = await run();
  const scores = scoresByHand(given.query, given.keys, 0.5);
  expectClose(values('scores'), scores);
  const pool = rowsOf(Array.from(given.prompts.data), size);
  const soft = rowsOf(scores, entries).map((alpha) =>
    Array.from({ length: size }, (_, d) => alpha.reduce((sum, a, i) => sum + a * pool[i]![d]!, 0)),
  );
  expectClose(values('soft'), soft.flat());
  const nearest = soft.map((p) => {
    const distances = pool.map((row) => row.reduce((sum, x, d) => sum + (p[d]! - x) ** 2, 0));
    return distances.indexOf(Math.min(...distances));
  });
  expect(values('selected')).toEqual(nearest);
  expect(new Set(nearest).size).toBeGreaterThan(1); // or the test would not see much
  // The forward value is the entry, to the bit.
  expect(values('prompt')).toEqual(nearest.flatMap((entry) => pool[entry]!));
  expect(values('entry')).toEqual(values('prompt'));
});

test('of entries that are equally near the first is taken', async () => {
  const one = normal('one', [1, length, width]).data;
  const far = one.map((x) => x + 100);
  const data = Float32Array.of(...far, ...one, ...one, ...far);
  const prompts: Tensor<'float32'> = { dtype: 'float32', dims: [entries, length, width], data };
  const keys = normal('one-key', [1, queryWidth]).data;
  const same = Float32Array.of(...keys, ...keys, ...keys, ...keys);
  const equal: Tensor<'float32'> = { dtype: 'float32', dims: [entries, queryWidth], data: same };
  // Equal keys give equal shares: p' lies in the middle, as far from either pair.
  const { values } = await run({ feeds: { prompts, keys: equal } });
  for (const entry of values('selected')) expect([0, 1]).toContain(entry);
});

test('scores are positive, sum to 1, and see neither a common shift nor the length of a key', async () => {
  const { values, given } = await run();
  const scaled = {
    ...given.keys,
    data: given.keys.data.map((x, i) => x * (1 + Math.floor(i / queryWidth))),
  };
  const again = await run({ feeds: { keys: scaled } });
  expectClose(again.values('scores'), values('scores'));
  for (const alpha of rowsOf(values('scores'), entries)) {
    expect(Math.min(...alpha)).toBeGreaterThan(0);
    expect(alpha.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
  }
});

test('the gradient of the task goes to p’ as it is, and to keys and all entries by their share', async () => {
  const { values, gradient, given } = await run({ weights: [1, 0, 0, 0] });
  const upstream = Array.from(given.upstream.data);
  expectClose(gradient('soft'), upstream);
  // ∂/∂Pᵢ = Σ_b α_{b,i} u_b: nothing more for the entry that was selected.
  const expected = Array.from({ length: entries * size }, (_, at) => {
    const [i, d] = [Math.floor(at / size), at % size];
    return rowsOf(values('scores'), entries).reduce(
      (sum, alpha, b) => sum + alpha[i]! * upstream[b * size + d]!,
      0,
    );
  });
  expectClose(gradient('prompts'), expected);
  expect(Math.max(...gradient('keys').map(Math.abs))).toBeGreaterThan(1e-3);
});

test('the straight-through gradient is that of the soft path, by finite differences in the keys', async () => {
  const { gradient, given } = await run({ weights: [1, 0, 0, 0] });
  const direction = normal('direction', [entries, queryWidth]).data;
  const step = 1e-2;
  const at = async (sign: number) => {
    const keys = {
      ...given.keys,
      data: given.keys.data.map((x, i) => x + sign * step * direction[i]!),
    };
    const { values } = await run({ feeds: { keys } });
    const u = Array.from(given.upstream.data);
    return values('soft').reduce((sum, x, i) => sum + x * u[i]!, 0); // the soft path, not the quantised one
  };
  const difference = ((await at(1)) - (await at(-1))) / (2 * step);
  const slope = gradient('keys').reduce((sum, x, i) => sum + x * direction[i]!, 0);
  expect(Math.abs(slope - difference)).toBeLessThan(1e-2 * Math.max(1, Math.abs(difference)));
});

test('the codebook loss moves selected entries and nothing else', async () => {
  const { values, gradient } = await run({ weights: [0, 1, 0, 0] });
  expect(gradient('keys')).toEqual(Array(entries * queryWidth).fill(0));
  const selected = new Set(values('selected'));
  rowsOf(gradient('prompts'), size).forEach((row, entry) => {
    const largest = Math.max(...row.map(Math.abs));
    if (selected.has(entry)) expect(largest).toBeGreaterThan(1e-3);
    else expect(largest).toBe(0);
  });
});

test('the commitment loss moves p’ towards the entry: keys, and all entries by their share', async () => {
  const { values, gradient } = await run({ weights: [0, 0, 1, 0] });
  const [soft, entry] = [values('soft'), values('entry')];
  const byHand = soft.map((x, i) => (2 * (x - entry[i]!)) / (batch * size));
  expectClose(gradient('soft'), byHand);
  const expected = Array.from({ length: entries * size }, (_, at) => {
    const [i, d] = [Math.floor(at / size), at % size];
    return rowsOf(values('scores'), entries).reduce(
      (sum, alpha, b) => sum + alpha[i]! * byHand[b * size + d]!,
      0,
    );
  });
  expectClose(gradient('prompts'), expected); // and no summand through sg[p]
  expect(Math.max(...gradient('keys').map(Math.abs))).toBeGreaterThan(1e-4);
});

test('both losses have one value, so swapping their weights changes the gradients and not the terms', async () => {
  const paper = await run({ weights: [0, 0.4, 0.1, 0] });
  const code = await run({ weights: [0, 0.1, 0.4, 0] });
  expectClose(paper.values('codebook'), paper.values('commitment'));
  expectClose(paper.values('loss'), code.values('loss'));
  expect(Math.max(...paper.gradient('keys').map(Math.abs))).toBeLessThan(
    0.3 * Math.max(...code.gradient('keys').map(Math.abs)), // 0.1 against 0.4
  );
});

test('a pool of one entry is exact: soft and quantised prompts are one, losses are 0', async () => {
  const { values } = await run({ entries: 1 });
  expect(values('selected')).toEqual(Array(batch).fill(0));
  expect(values('prompt')).toEqual(values('soft'));
  expect([...values('codebook'), ...values('commitment')]).toEqual([0, 0]);
});

test('as the temperature falls, the soft prompt becomes the entry with the largest score', async () => {
  const [warm, cold] = [await run({ temperature: 1 }), await run({ temperature: 1e-3 })];
  expect(warm.values('codebook')[0]).toBeGreaterThan(0.1);
  expect(cold.values('codebook')[0]).toBeLessThan(1e-6);
  const likeliest = rowsOf(cold.values('scores'), entries).map((a) => a.indexOf(Math.max(...a)));
  expect(cold.values('selected')).toEqual(likeliest);
});

test('the balance loss is the divergence of mean scores from an even share', async () => {
  const { values } = await run();
  const mean = Array.from({ length: entries }, (_, i) =>
    rowsOf(values('scores'), entries).reduce((sum, alpha) => sum + alpha[i]! / batch, 0),
  );
  const expected = mean.reduce((sum, share) => sum + share * Math.log(entries * share), 0);
  expectClose(values('balance'), [expected]);
  const even = normal('one-key', [1, queryWidth]).data;
  const keys: Tensor<'float32'> = {
    dtype: 'float32',
    dims: [entries, queryWidth],
    data: Float32Array.of(...even, ...even, ...even, ...even),
  };
  expect(Math.abs((await run({ feeds: { keys } })).values('balance')[0]!)).toBeLessThan(tolerance);
});
