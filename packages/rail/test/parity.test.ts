/**
 * The authors' code (commit eaac644, its steps in float64) on three synthetic domains; `fixtures/case.json` says with what
 * settings. Theirs recurses in batches of 8 and inverts the kernel anew, ours does neither.
 */
import { readFileSync } from 'node:fs';
import { decodeSafetensors, type Matrix, type Tensor } from '@cl/hub';
import { average, last, transfer } from '@cl/metrics';
import { softmaxProduct } from '@cl/linalg';
import { hiddenLayer, KernelRidge, kernelOf, PrimalRidge, type Adapter } from '@cl/rail';
import { fuse, inDistribution } from '@cl/zero-shot';
import { describe, expect, test } from 'vitest';

const folder = new URL('./fixtures/', import.meta.url);
const settings = JSON.parse(readFileSync(new URL('case.json', folder), 'utf8')) as Settings;
const { tensors } = decodeSafetensors(readFileSync(new URL('case.safetensors', folder)));
interface Settings {
  readonly feature_dim: number;
  readonly hidden_dim: number;
  readonly ridge_primal: number;
  readonly ridge_dual: number;
  readonly gamma: number;
  readonly adapter_weight: number;
  readonly logit_scale: number;
  readonly classes_per_domain: readonly number[];
  readonly accuracy: Readonly<Record<string, readonly (readonly (number | null)[])[]>>;
  readonly summary: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
/** Float64 throughout; the largest entries are of order 1 to 10. */
const tolerance = 1e-9;

const domains = settings.classes_per_domain.map((_, t) => t);
const classesUpTo = (t: number): number =>
  settings.classes_per_domain.slice(0, t + 1).reduce((sum, n) => sum + n, 0);
const allClasses = classesUpTo(domains.length - 1);

function matrix(name: string): Matrix<Float64Array> {
  const { dims, data } = tensors[name] as Tensor<'float64'>;
  return { rows: dims[0]!, cols: dims[1]!, data };
}
function labels(name: string): Int32Array {
  return Int32Array.from((tensors[name] as Tensor<'int64'>).data, Number);
}
function expectClose(actual: Matrix, expected: Matrix): void {
  expect([actual.rows, actual.cols]).toEqual([expected.rows, expected.cols]);
  let worst = 0;
  for (let i = 0; i < expected.data.length; i += 1) {
    worst = Math.max(worst, Math.abs(actual.data[i]! - expected.data[i]!));
  }
  expect(worst).toBeLessThan(tolerance);
}

/** softmax(100 · x·T) over the names of all domains. */
async function zeroShotOf(features: Matrix): Promise<Matrix> {
  return softmaxProduct(features, matrix('text'), settings.logit_scale as number);
}

function accuracyOf(values: Matrix, truth: Int32Array): number {
  let correct = 0;
  for (let i = 0; i < values.rows; i += 1) {
    const row = values.data.subarray(i * values.cols, (i + 1) * values.cols);
    if (row.indexOf(Math.max(...row)) === truth[i]) correct += 1;
  }
  return correct / values.rows;
}

interface Outcome {
  readonly fused: number[][];
  readonly adapter: (number | null)[][];
}

/** Learns the domains one by one; checks solutions and fused scores after each, returns accuracies. */
async function follow(
  form: 'primal' | 'dual',
  adapter: Adapter,
  solution: () => Promise<Matrix>,
): Promise<Outcome> {
  const outcome: Outcome = { fused: [], adapter: [] };
  for (const t of domains) {
    const features = matrix(`train.${t}.features`);
    await adapter.add({ features, labels: labels(`train.${t}.labels`) }, classesUpTo(t));
    expectClose(
      await solution(),
      matrix(`${form}.${t}.${form === 'primal' ? 'weights' : 'alpha'}`),
    );
    const columns = Array.from({ length: allClasses }, (_, c) => (c < classesUpTo(t) ? c : -1));
    const learned = columns.map((column) => column >= 0);
    outcome.fused.push([]);
    outcome.adapter.push([]);
    for (const j of domains) {
      const images = matrix(`test.${j}.features`);
      const truth = labels(`test.${j}.labels`);
      const zeroShot = await zeroShotOf(images);
      const rows = inDistribution(zeroShot, learned);
      const scores = await adapter.scores(images);
      const chosen = {
        rows: rows.length,
        cols: scores.cols,
        data: Float64Array.from(
          rows.flatMap((row) => [
            ...scores.data.subarray(row * scores.cols, (row + 1) * scores.cols),
          ]),
        ),
      };
      const options = { adapterWeight: settings.adapter_weight };
      const { values } = fuse(zeroShot, rows, chosen, columns, options);
      expectClose(values, matrix(`${form}.${t}.fused.${j}`));
      outcome.fused[t]!.push(accuracyOf(values, truth));
      outcome.adapter[t]!.push(j <= t ? accuracyOf(scores, truth) : null);
    }
  }
  return outcome;
}

function expectReported(form: 'primal' | 'dual', outcome: Outcome): void {
  expect(outcome.fused).toEqual(settings.accuracy[`${form}_fusion`]);
  expect(outcome.adapter).toEqual(settings.accuracy[`${form}_adapter`]);
  const expected = settings.summary[`${form}_fusion`]!;
  expect(transfer(outcome.fused)).toBeCloseTo(expected['transfer']!, 12);
  expect(average(outcome.fused)).toBeCloseTo(expected['average']!, 12);
  expect(last(outcome.fused)).toBeCloseTo(expected['last']!, 12);
}

describe.each(['auto', 'statistics', 'features'] as const)('primal, memory %s', (memory) => {
  // 36, 63 and 108 samples against 96 hidden units: `auto` keeps features, fewer than 1.25 a unit.
  test('weights, fused scores and accuracies are the authors’', async () => {
    const map = hiddenLayer(settings.hidden_dim, 'float64', matrix('rhl'));
    const primal = new PrimalRidge({
      map,
      ridge: settings.ridge_primal,
      precision: 'float64',
      memory,
    });
    expectReported('primal', await follow('primal', primal, () => primal.weights()));
    expect(primal.kept === undefined).toBe(memory === 'statistics');
  });
});

test('dual: coefficients, fused scores and accuracies are the authors’', async () => {
  const map = kernelOf('rbf', settings.gamma, settings.feature_dim, 'float64');
  const dual = new KernelRidge({ map, ridge: settings.ridge_dual, precision: 'float64' });
  expectReported('dual', await follow('dual', dual, () => dual.coefficients()));
});
