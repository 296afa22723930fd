import {
  constant,
  cosine,
  firstStepAtBase,
  perEpoch,
  stepwise,
  vqPromptCosine,
  vqPromptEpochCosine,
  warmUp,
  type Schedule,
} from '@cl/autodiff';
import { expect, test } from 'vitest';
import reference from './fixtures/optimizers.json' with { type: 'json' };

const base = 0.5;
const rates = (schedule: Schedule, steps: number, from = base): number[] =>
  Array.from({ length: steps }, (_, step) => schedule(step, from));

const schedules: Record<keyof typeof reference.rates, Schedule> = {
  cosine: cosine({ steps: 12, floor: 0.01 }),
  stepwise: stepwise({ every: 4, factor: 0.1 }),
  warmUp: warmUp({ steps: 4, start: 0.25 }, cosine({ steps: 8 })),
};

test.each(Object.entries(schedules))('%s gives PyTorch’s rates', (name, schedule) => {
  rates(schedule, 12).forEach((rate, step) => {
    expect(rate).toBeCloseTo(reference.rates[name as keyof typeof schedules][step]!, 12);
  });
});

test('a constant rate is the group’s own', () => {
  expect(rates(constant(), 3)).toEqual([base, base, base]);
});

test('a cosine stays at its floor after its end, and may start elsewhere than at the base', () => {
  const schedule = cosine({ steps: 4, floor: 0.1, from: 0.3 });
  expect(schedule(0, base)).toBeCloseTo(0.3, 15);
  expect(schedule(2, base)).toBeCloseTo(0.2, 15);
  expect(schedule(9, base)).toBeCloseTo(0.1, 15);
});

test('VQ-Prompt’s schedule: base at the very first step, 1e-6 while frozen, then a cosine', () => {
  // CIFAR-100: F = 80 of 40 · 20 = 800 steps, base 0.0025.
  const schedule = vqPromptCosine({ frozenSteps: 80, totalSteps: 800 });
  expect(schedule(0, 0.0025)).toBe(0.0025);
  expect([1, 40, 79].map((step) => schedule(step, 0.0025))).toEqual([1e-6, 1e-6, 1e-6]);
  expect(schedule(80, 0.0025)).toBeCloseTo(0.0025, 15);
  expect(schedule(80 + 360, 0.0025)).toBeCloseTo((0.0025 + 1e-6) / 2, 15); // half of 720
  expect(schedule(800, 0.0125)).toBeCloseTo(1e-6, 15);
});

test('VQ-Prompt’s schedule for CUB changes once an epoch and ends just above 0', () => {
  const schedule = vqPromptEpochCosine({ epochs: 20, stepsPerEpoch: 10 });
  expect(schedule(9, base)).toBe(base);
  expect(schedule(10, base)).toBeCloseTo(base * Math.cos((99 * Math.PI) / (200 * 19)), 15);
  expect(schedule(199, base)).toBeCloseTo(base * Math.cos((99 / 200) * Math.PI), 15);
});

test('schedules combine', () => {
  const schedule = firstStepAtBase(perEpoch(3, stepwise({ every: 1, factor: 0.5 })));
  expect(rates(schedule, 7, 8)).toEqual([8, 8, 8, 4, 4, 4, 2]);
});

test.each([
  ['cosine', () => cosine({ steps: 0 }), /cosine: steps is 0/],
  ['stepwise', () => stepwise({ every: 2, factor: -1 }), /stepwise: factor is -1/],
  ['warmUp', () => warmUp({ steps: NaN }, constant()), /warmUp: steps is NaN/],
  ['vqPromptCosine', () => vqPromptCosine({ frozenSteps: 9, totalSteps: 9 }), /cosine: steps is 0/],
] as const)('%s refuses what makes no sense', (_, call, says) => {
  expect(call).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(says) }),
  );
});
