import {
  contrastiveLoss,
  cosineLoss,
  crossEntropy,
  meanSquaredError,
  type CrossEntropyOptions,
  type Emitter,
  type Value,
} from '@cl/autodiff';
import { createRandom } from '@cl/hub';
import { checkVjp } from '@cl/testing';
import { expect, test } from 'vitest';
import { functionsOf, graphOf, type Body } from './run.ts';

const random = createRandom('losses');
const normal = (length: number): Float64Array =>
  Float64Array.from({ length }, () => random.normal());

/** The value of a loss, after its gradient was compared with differences. */
async function checked(body: Body, shapes: number[][], inputs: Float64Array[]): Promise<number> {
  const { f, vjp } = functionsOf(graphOf(body, shapes, 'float64'));
  await checkVjp(f, vjp, inputs);
  const values = await f(inputs);
  expect(values).toHaveLength(1);
  return values[0]!;
}

const labels = [2, 0, 3];
const logits = normal(3 * 4);
const row = (n: number): Float64Array => logits.subarray(4 * n, 4 * n + 4);

/** ln p[n, c] over the classes that are allowed, from the definition. */
function logProbability(n: number, c: number, classes = [0, 1, 2, 3]): number {
  const sum = classes.reduce((total, k) => total + Math.exp(row(n)[k]!), 0);
  return row(n)[c]! - Math.log(sum);
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function crossEntropyBody(options: (g: Emitter) => CrossEntropyOptions): Body {
  return (g, [x]) => crossEntropy(g, x!, g.ints(labels), options(g));
}

const bools = (g: Emitter, dims: number[], ...values: number[]): Value =>
  g.constant({ dtype: 'bool', dims, data: Uint8Array.from(values) });

test('cross-entropy is the mean of −ln p of the labels', async () => {
  const loss = await checked(
    crossEntropyBody(() => ({})),
    [[3, 4]],
    [logits],
  );
  expect(loss).toBeCloseTo(average(labels.map((c, n) => -logProbability(n, c))), 12);
});

test('smoothed labels spread ε over the classes', async () => {
  const body = crossEntropyBody(() => ({ labelSmoothing: 0.2 }));
  const loss = await checked(body, [[3, 4]], [logits]);
  const rows = labels.map((label, n) => {
    const all = average([0, 1, 2, 3].map((c) => -logProbability(n, c)));
    return 0.8 * -logProbability(n, label) + 0.2 * all;
  });
  expect(loss).toBeCloseTo(average(rows), 12);
});

test('classes that are not allowed take no part: neither in the sum nor in the gradient', async () => {
  const allowed = [0, 2, 3];
  const body = crossEntropyBody((g) => ({
    allowed: bools(g, [4], 1, 0, 1, 1),
    labelSmoothing: 0.3,
  }));
  const loss = await checked(body, [[3, 4]], [logits]);
  const rows = labels.map((label, n) => {
    const all = average(allowed.map((c) => -logProbability(n, c, allowed)));
    return 0.7 * -logProbability(n, label, allowed) + 0.3 * all;
  });
  expect(loss).toBeCloseTo(average(rows), 12);
  const { vjp } = functionsOf(graphOf(body, [[3, 4]], 'float64'));
  const [gradient] = await vjp([logits], Float64Array.of(1));
  expect([1, 5, 9].map((i) => gradient![i])).toEqual([0, 0, 0]);
});

test('each row may have classes of its own', async () => {
  const allowed = [
    [1, 2],
    [0, 1, 2, 3],
    [2, 3],
  ];
  const flags = allowed.flatMap((classes) => [0, 1, 2, 3].map((c) => Number(classes.includes(c))));
  const body = crossEntropyBody((g) => ({
    allowed: bools(g, [3, 4], ...flags),
    labelSmoothing: 0.3,
  }));
  const loss = await checked(body, [[3, 4]], [logits]);
  const rows = labels.map((label, n) => {
    const all = average(allowed[n]!.map((c) => -logProbability(n, c, allowed[n])));
    return 0.7 * -logProbability(n, label, allowed[n]) + 0.3 * all;
  });
  expect(loss).toBeCloseTo(average(rows), 12);
});

test('large logits overflow nothing', async () => {
  const { f } = functionsOf(
    graphOf(
      crossEntropyBody(() => ({})),
      [[3, 4]],
      'float64',
    ),
  );
  const [loss] = await f([logits.map((x) => x * 1e4)]);
  expect(loss).toBeGreaterThan(1000);
  expect(loss).toBeLessThan(Infinity);
});

test('the mean squared error is over all elements, against a target that may broadcast', async () => {
  const [a, b] = [normal(6), normal(3)];
  const loss = await checked((g, [p, t]) => meanSquaredError(g, p!, t!), [[2, 3], [3]], [a, b]);
  expect(loss).toBeCloseTo(average(Array.from(a, (x, i) => (x - b[i % 3]!) ** 2)), 12);
});

/** cos(a[n], b[m]) of rows of three. */
function cosine(a: Float64Array, n: number, b: Float64Array, m: number): number {
  const [p, q] = [a.subarray(3 * n, 3 * n + 3), b.subarray(3 * m, 3 * m + 3)];
  const dot = (x: Float64Array, y: Float64Array): number =>
    x.reduce((s, xi, i) => s + xi * y[i]!, 0);
  return dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q));
}

test('the cosine loss is the mean of 1 − cos over rows', async () => {
  const [a, b] = [normal(6), normal(6)];
  const loss = await checked(
    (g, [p, q]) => cosineLoss(g, p!, q!),
    [
      [2, 3],
      [2, 3],
    ],
    [a, b],
  );
  expect(loss).toBeCloseTo(average([0, 1].map((n) => 1 - cosine(a, n, b, n))), 12);
});

test('the contrastive loss asks for each image’s text and each text’s image', async () => {
  const [images, texts] = [normal(12), normal(12)];
  const body: Body = (g, [i, t, s]) => contrastiveLoss(g, i!, t!, g.exp(s!));
  const loss = await checked(body, [[4, 3], [4, 3], []], [images, texts, Float64Array.of(0.7)]);
  const own = [0, 1, 2, 3];
  const score = (n: number, m: number): number => Math.exp(0.7) * cosine(images, n, texts, m);
  const logSum = (scores: number[]): number =>
    Math.log(scores.reduce((s, x) => s + Math.exp(x), 0));
  const rows = own.map((n) => logSum(own.map((m) => score(n, m))) - score(n, n));
  const columns = own.map((n) => logSum(own.map((m) => score(m, n))) - score(n, n));
  expect(loss).toBeCloseTo((average(rows) + average(columns)) / 2, 12);
});

test.each([
  {
    what: 'logits that are no matrix',
    body: (g: Emitter, [x]: readonly Value[]) =>
      crossEntropy(g, g.reshape(x!, [12]), g.ints(labels)),
    code: 'SHAPE_MISMATCH',
    says: /found \[12\], expected a matrix/,
  },
  {
    what: 'a label too few',
    body: (g: Emitter, [x]: readonly Value[]) => crossEntropy(g, x!, g.ints([1, 2])),
    code: 'SHAPE_MISMATCH',
    says: /labels \[2\], expected \[3\]/,
  },
  {
    what: 'smoothing of 1',
    body: (g: Emitter, [x]: readonly Value[]) =>
      crossEntropy(g, x!, g.ints(labels), { labelSmoothing: 1 }),
    code: 'INVALID_OPTION',
    says: /labelSmoothing is 1/,
  },
])('refuses $what', ({ body, code, says }) => {
  expect(() => graphOf(body, [[3, 4]], 'float64')).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(says) }),
  );
});
