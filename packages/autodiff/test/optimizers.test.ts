import {
  GradientAccumulator,
  ParameterStore,
  adamW,
  clipGradients,
  gradientNorm,
  sgd,
  type Optimizer,
  type OptimizerState,
} from '@cl/autodiff';
import { expect, test } from 'vitest';
import reference from './fixtures/optimizers.json' with { type: 'json' };

/** Float32 storage against PyTorch in float64: a rounding a step. */
const tolerance = 1e-6;

function store(): ParameterStore {
  const [a, b] = reference.start.map((values) => ({
    dtype: 'float32' as const,
    dims: [values.length],
    data: Float32Array.from(values),
  }));
  return new ParameterStore(
    new Map([
      ['a', a!],
      ['b', b!],
    ]),
  );
}

const gradients = reference.gradients.map((values) => Float32Array.from(values));
const decayed = { learningRate: 0.2, weightDecay: 0 };

const cases: readonly {
  name: keyof typeof reference.after;
  optimizer: Optimizer;
  clip?: number;
}[] = [
  { name: 'adamW', optimizer: adamW() },
  {
    name: 'adamWGroups',
    optimizer: adamW({
      learningRate: 0.05,
      beta1: 0.8,
      beta2: 0.95,
      epsilon: 1e-3,
      weightDecay: 0.3,
      groups: [{ parameters: ['a'], ...decayed }],
    }),
  },
  { name: 'sgd', optimizer: sgd({ learningRate: 0.1 }) },
  { name: 'sgdMomentum', optimizer: sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.05 }) },
  { name: 'sgdNesterov', optimizer: sgd({ learningRate: 0.1, momentum: 0.9, form: 'nesterov' }) },
  { name: 'sgdClipped', optimizer: sgd({ learningRate: 0.1 }), clip: 1.5 },
];

test.each(cases)('$name takes PyTorch’s steps', ({ name, optimizer, clip }) => {
  const parameters = store();
  const state = optimizer.start(parameters);
  gradients.forEach((given, step) => {
    const gradient = given.slice();
    if (clip !== undefined) clipGradients(gradient, clip);
    state.step(gradient);
    reference.after[name][step]!.forEach((expected, i) => {
      expect(Math.abs(parameters.values[i]! - expected), `step ${step}, element ${i}`).toBeLessThan(
        tolerance,
      );
    });
  });
  expect(state.steps).toBe(4);
});

test('every optimiser of PyTorch’s file has a case', () => {
  expect(cases.map(({ name }) => name)).toEqual(Object.keys(reference.after));
});

test('a group that takes its parameters by a test of names is the same group', () => {
  const [byName, byTest] = [store(), store()];
  const groups = [{ parameters: ['a'], ...decayed }];
  const tested = [{ parameters: (name: string) => name < 'b', ...decayed }];
  adamW({ groups }).start(byName).step(gradients[0]!);
  adamW({ groups: tested }).start(byTest).step(gradients[0]!);
  expect(byTest.values).toEqual(byName.values);
});

test.each([adamW({ weightDecay: 0.1 }), sgd({ momentum: 0.9 }), sgd()])(
  '$name continues from a saved history to the same bits',
  (optimizer) => {
    const run = (state: OptimizerState, from: number, to: number): void => {
      for (const gradient of gradients.slice(from, to)) state.step(gradient);
    };
    const whole = store();
    run(optimizer.start(whole), 0, 4);
    const first = store();
    const before = optimizer.start(first);
    run(before, 0, 2);
    const second = store();
    second.load(first.toTensors());
    const after = optimizer.start(second);
    after.restore(before.save());
    run(after, 2, 4);
    expect(second.values).toEqual(whole.values);
    expect(after.steps).toBe(4);
  },
);

test('gradients of parts add up to the gradient of the whole, each counting its rows', () => {
  const sum = new GradientAccumulator(2);
  sum.add(Float32Array.of(1, 2), 3); // the mean over 3 rows
  sum.add(Float32Array.of(5, -2), 1); // and over 1
  const mean = new Float32Array(2);
  sum.take(mean);
  expect([...mean]).toEqual([(3 * 1 + 5) / 4, (3 * 2 - 2) / 4]);
  sum.add(Float32Array.of(1, 1), 2); // started again
  sum.take(mean);
  expect([...mean]).toEqual([1, 1]);
  expect(() => {
    sum.take(mean);
  }).toThrow(/nothing was added/);
});

test('the length of a gradient is over all parameters; short ones are not stretched', () => {
  const gradient = Float32Array.of(3, 0, -4);
  expect(gradientNorm(gradient)).toBe(5);
  expect(clipGradients(gradient, 10)).toBe(5);
  expect([...gradient]).toEqual([3, 0, -4]);
});

test('parameters lie one after the other, and a view is the store itself', () => {
  const parameters = store();
  expect(parameters.entries.map(({ name, offset, length }) => [name, offset, length])).toEqual([
    ['a', 0, 3],
    ['b', 3, 4],
  ]);
  parameters.view('b')[0] = 7;
  expect(parameters.values[3]).toBe(7);
});

const one = { dtype: 'float32', dims: [3], data: new Float32Array(3) } as const;

test.each([
  {
    what: 'a negative rate',
    call: () => adamW({ learningRate: -1 }).start(store()),
    code: 'INVALID_OPTION',
    says: /learningRate is -1/,
  },
  {
    what: 'a momentum of 1',
    call: () => sgd({ momentum: 1 }),
    code: 'INVALID_OPTION',
    says: /momentum is 1/,
  },
  {
    what: 'β₂ that is NaN',
    call: () => adamW({ beta2: NaN }),
    code: 'INVALID_OPTION',
    says: /beta2 is NaN/,
  },
  {
    what: 'a group of an unknown parameter',
    call: () => sgd({ groups: [{ parameters: ['z'] }] }).start(store()),
    code: 'NOT_FOUND',
    says: /"z"/,
  },
  {
    what: 'the history of another optimiser',
    call: () =>
      adamW()
        .start(store())
        .restore(sgd({ momentum: 0.5 }).start(store()).save()),
    code: 'SHAPE_MISMATCH',
    says: /velocity/,
  },
  {
    what: 'saved values with a parameter missing',
    call: () => store().load({ a: one }),
    code: 'SHAPE_MISMATCH',
    says: /no parameter "b"/,
  },
  {
    what: 'saved values of another model',
    call: () => store().load({ ...store().toTensors(), c: one }),
    code: 'SHAPE_MISMATCH',
    says: /"c" that the model does not have/,
  },
  {
    what: 'saved values of another size',
    call: () => store().load({ ...store().toTensors(), b: one }),
    code: 'SHAPE_MISMATCH',
    says: /float32\[3\], expected float32\[4\]/,
  },
  {
    what: 'nothing to train',
    call: () => new ParameterStore(new Map()),
    code: 'EMPTY_STREAM',
    says: /no parameters/,
  },
  {
    what: 'parameters in float64',
    call: () =>
      new ParameterStore(
        new Map([['w', { dtype: 'float64', dims: [1], data: new Float64Array(1) }]]),
      ),
    code: 'NOT_SUPPORTED',
    says: /"w" is float64/,
  },
])('refuses $what', ({ call, code, says }) => {
  expect(call).toThrow(expect.objectContaining({ code, message: expect.stringMatching(says) }));
});
