import { createRandom, restoreRandom, type Random } from '@cl/hub';
import { expect, test } from 'vitest';
import { errorOf } from './error-of.ts';

const draw = (random: Random, n = 20) => Array.from({ length: n }, () => random.uint32());
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Pearson's χ² against equal expected counts. */
function chiSquare(counts: readonly number[]): number {
  const expected = mean(counts);
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

test('the same seed gives the same numbers, another seed others', () => {
  expect(draw(createRandom(7))).toEqual(draw(createRandom(7)));
  expect(draw(createRandom(7))).not.toEqual(draw(createRandom(8)));
  expect(draw(createRandom('7'))).toEqual(draw(createRandom(7)));
  expect(draw(createRandom(-7))).not.toEqual(draw(createRandom(7)));
});

// Python 3.11: the seed "7" is one code unit, 55. CPython seeds with init_by_array over the 32-bit digits of an integer:
//   random.seed(1 + (55 << 32)); [random.getrandbits(32) for _ in range(3)]; random.random()
test('the sequence is that of CPython seeded with the code units', () => {
  const random = createRandom(7);
  expect(draw(random, 3)).toEqual([4095157015, 1905525905, 2517574666]);
  expect(random.uniform()).toBe(0.3612531614199096);
});

test('a saved generator goes on where it stopped, through JSON', () => {
  const random = createRandom('saved');
  draw(random, 1000); // in the middle of the second block of 624
  random.normal();
  const copy = restoreRandom(JSON.parse(JSON.stringify(random.save())));
  expect(copy.save()).toEqual(random.save());
  expect(draw(copy, 2000)).toEqual(draw(random, 2000));
  expect(draw(copy.fork('x'))).toEqual(draw(random.fork('x')));
});

test('saving draws nothing and later draws do not change what was saved', () => {
  const random = createRandom(1);
  const state = random.save();
  const next = draw(random);
  expect(draw(restoreRandom(state))).toEqual(next);
});

test('a fork depends on the seed and the label, not on draws', () => {
  const fresh = createRandom(3);
  const used = createRandom(3);
  draw(used, 999);
  expect(draw(used.fork('a'))).toEqual(draw(fresh.fork('a')));
  expect(draw(fresh.fork('a'))).not.toEqual(draw(fresh.fork('b')));
  expect(draw(fresh.fork('a'))).not.toEqual(draw(createRandom(4).fork('a')));
  expect(draw(fresh.fork('a'))).not.toEqual(draw(used));
  expect(draw(fresh)).toEqual(draw(createRandom(3))); // forking drew nothing
});

test('labels that look like paths do not meet', () => {
  const root = createRandom(0);
  const sequences = [
    root.fork('a').fork('b'),
    root.fork('a/b'),
    root.fork('a~1b'),
    root.fork('a~b'),
    root.fork(''),
    root.fork('').fork(''),
    createRandom('0/a').fork('b'),
    createRandom('0/a/b'),
  ].map((random) => draw(random, 4).join());
  expect(new Set(sequences).size).toBe(sequences.length);
});

test('forks of neighbouring seeds and labels are uncorrelated', () => {
  // 8,000 pairs: the correlation of independent draws has deviation 1/√8000 = 0.011; 5 of them.
  const pairs: [Random, Random][] = [
    [createRandom(1), createRandom(2)],
    [createRandom(1).fork('a'), createRandom(1).fork('b')],
    [createRandom(1), createRandom(1).fork('a')],
  ];
  for (const [a, b] of pairs) {
    const products = Array.from(
      { length: 8000 },
      () => 12 * (a.uniform() - 0.5) * (b.uniform() - 0.5),
    );
    expect(Math.abs(mean(products))).toBeLessThan(5 / Math.sqrt(8000));
  }
});

test('uniform numbers fill [0, 1) evenly and use 53 bits', () => {
  const random = createRandom('uniform');
  const counts = new Array<number>(100).fill(0);
  let lowBits = 0;
  for (let i = 0; i < 100_000; i += 1) {
    const u = random.uniform();
    counts[Math.floor(u * 100)]! += 1;
    lowBits += (u * 2 ** 53) % 2;
  }
  // χ² with 99 degrees of freedom: mean 99, deviation 14; the seed is fixed, so this never flickers.
  expect(chiSquare(counts)).toBeLessThan(99 + 5 * 14);
  expect(chiSquare(counts)).toBeGreaterThan(99 - 5 * 14);
  expect(Math.abs(lowBits / 100_000 - 0.5)).toBeLessThan(0.01); // a 32-bit generator gives 0 here
});

test('integers are unbiased for a bound that is no power of two', () => {
  const random = createRandom('integer');
  // 3 · 2³⁰: a remainder of 32-bit words would give the lowest quarter twice the share of the others.
  const bound = 3 * 2 ** 30;
  const counts = new Array<number>(12).fill(0);
  for (let i = 0; i < 60_000; i += 1)
    counts[Math.floor((random.integer(bound) / bound) * 12)]! += 1;
  expect(chiSquare(counts)).toBeLessThan(11 + 5 * Math.sqrt(22));
  expect(random.integer(1)).toBe(0);
  expect(Array.from({ length: 200 }, () => random.integer(2 ** 32)).some((x) => x > 2 ** 31)).toBe(
    true,
  );
});

test('normal numbers have the moments and the tails of the normal distribution', () => {
  const random = createRandom('normal');
  const n = 200_000;
  const values = Array.from({ length: n }, () => random.normal());
  const power = (p: number) => mean(values.map((x) => x ** p));
  // Deviations of the sample moments of N(0, 1): 1/√n, √2/√n, √15/√n, √96/√n.
  expect(Math.abs(power(1))).toBeLessThan(5 / Math.sqrt(n));
  expect(Math.abs(power(2) - 1)).toBeLessThan((5 * Math.SQRT2) / Math.sqrt(n));
  expect(Math.abs(power(3))).toBeLessThan((5 * Math.sqrt(15)) / Math.sqrt(n));
  expect(Math.abs(power(4) - 3)).toBeLessThan((5 * Math.sqrt(96)) / Math.sqrt(n));
  const beyond = values.filter((x) => Math.abs(x) > 3).length / n; // 2(1 − Φ(3)) = 0.0026998
  expect(Math.abs(beyond - 0.0026998)).toBeLessThan(5 * Math.sqrt(0.0027 / n));
});

// statistics.NormalDist().inv_cdf of the same uniform numbers, Python 3.11 (also AS 241, own C code).
test('a normal number is the quantile of one uniform number', () => {
  const uniforms = createRandom('quantile');
  const normals = createRandom('quantile');
  for (const { uniform, quantile } of [
    { uniform: 0.8766545602028836, quantile: 1.1584244171295397 },
    { uniform: 0.8062143176588806, quantile: 0.8640300835778467 },
    { uniform: 0.04706847005199899, quantile: -1.6739677376912285 },
    { uniform: 0.5551299701149159, quantile: 0.13863313299478783 },
    { uniform: 0.1359296070935908, quantile: -1.0987910563164267 },
    { uniform: 0.20025853308706687, quantile: -0.8406981340699266 },
    { uniform: 0.813400290590092, quantile: 0.8904963660369148 },
    { uniform: 0.854170074981132, quantile: 1.0544873481814832 },
    { uniform: 0.5296202618260843, quantile: 0.07431533356618769 },
    { uniform: 0.9803871442875374, quantile: 2.0618112306883556 },
    { uniform: 0.5568530225481916, quantile: 0.1429952217504914 },
    { uniform: 0.24648053894044553, quantile: -0.6856068228885707 },
    { uniform: 0.2515765784052646, quantile: -0.6695367330035669 },
    { uniform: 0.4009180225574145, quantile: -0.2509716276788765 },
    { uniform: 0.9382360678226866, quantile: 1.540133299395007 },
    { uniform: 0.22372673065050563, quantile: -0.7596673307975689 },
    { uniform: 0.018030287036753134, quantile: -2.096243746532304 },
    { uniform: 0.9435216677920351, quantile: 1.5850425615234542 },
    { uniform: 0.5446812392606392, quantile: 0.11223444128960133 },
    { uniform: 0.5633162334915235, quantile: 0.15938249064006638 },
    { uniform: 0.05701234127763344, quantile: -1.5803589684893535 },
    { uniform: 0.9995436997702456, quantile: 3.316170766811665 },
    { uniform: 0.6852991236480378, quantile: 0.4825690591788018 },
    { uniform: 0.1379365843647009, quantile: -1.0896367935583964 },
    { uniform: 0.14997236606502196, quantile: -1.036551916589323 },
    { uniform: 0.4098556493307888, quantile: -0.22791631538578838 },
    { uniform: 0.3633660988009759, quantile: -0.3494757175339004 },
    { uniform: 0.2864267134816443, quantile: -0.5638541043518359 },
    { uniform: 0.46727611894258214, quantile: -0.08211880690521484 },
    { uniform: 0.4056661746854512, quantile: -0.23870756619071204 },
    { uniform: 0.08455884359329047, quantile: -1.3750443769265244 },
    { uniform: 0.27714851266565144, quantile: -0.5913334439235836 },
    { uniform: 0.9761067008122819, quantile: 1.979261264508313 },
    { uniform: 0.03531462281144215, quantile: -1.8078538785040503 },
    { uniform: 0.4563420450293435, quantile: -0.10965361286403824 },
    { uniform: 0.7238971217703922, quantile: 0.5944581034110985 },
    { uniform: 0.5001074510734359, quantile: 0.00026933990207038877 },
    { uniform: 0.7934238972105789, quantile: 0.8183590353690364 },
    { uniform: 0.43040878191010556, quantile: -0.17533353366341903 },
    { uniform: 0.14540959061251746, quantile: -1.056326262955453 },
  ]) {
    expect(uniforms.uniform()).toBe(uniform);
    expect(normals.normal()).toBeCloseTo(quantile, 13);
  }
});

test('a permutation holds each number once and every order is equally likely', () => {
  const random = createRandom('permutation');
  const orders = new Map<string, number>();
  for (let i = 0; i < 24_000; i += 1) {
    const order = random.permutation(4).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect(orders.size).toBe(24);
  // 23 degrees of freedom: mean 23, deviation √46.
  expect(chiSquare([...orders.values()])).toBeLessThan(23 + 5 * Math.sqrt(46));
  expect(random.permutation(1000).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 1000 }, (_, i) => i),
  );
  expect(random.permutation(0)).toEqual([]);
});

test('bad seeds, bounds and states are refused in words', async () => {
  const random = createRandom(0);
  const seed = await errorOf(() => createRandom(1.5));
  expect(seed.code).toBe('INVALID_OPTION');
  expect(seed.message).toBe(
    'createRandom: seed is 1.5, expected an integer or a string. Round it, or pass it as text.',
  );
  for (const bound of [0, -1, 1.5, NaN, 2 ** 32 + 1]) {
    const error = await errorOf(() => random.integer(bound));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain(`bound is ${bound}`);
  }
  expect((await errorOf(() => random.permutation(-1))).message).toContain('n is -1');
  const state = random.save();
  const broken = [
    { ...state, words: state.words.slice(1) },
    { ...state, words: state.words.map(() => 0) },
    { ...state, words: state.words.with(3, -1) },
    { ...state, position: 625 },
    { ...state, algorithm: 'pcg64' },
    { ...state, seed: 5 },
  ];
  for (const bad of broken) {
    const error = await errorOf(() => restoreRandom(bad as never));
    expect(error.code).toBe('CORRUPT_FILE');
    expect(error.message).toContain('Give it what save() returned');
  }
});
