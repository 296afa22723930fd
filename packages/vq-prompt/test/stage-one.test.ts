import { createRandom, resolveOptions } from '@cl/hub';
import { featuresOf, smallVit, tileStream } from '@cl/training/testing';
import { vqPrompt } from '@cl/vq-prompt';
import { expect, test } from 'vitest';
import { lossWeights, scheduleOf } from '../src/stage-one.ts';
import { quick } from './support/quick.ts';

const { defaults } = vqPrompt;
const base = 0.0025;
const floor = 1e-6;

test('the cosine starts at the base rate and ends at the floor', () => {
  const rate = scheduleOf({ ...defaults, schedule: 'cosine', frozenSteps: 0 }, 100, 10);
  expect(rate(0, base)).toBe(base);
  expect(rate(50, base)).toBeCloseTo((base + floor) / 2, 12);
  expect(rate(100, base)).toBeCloseTo(floor, 12);
});

test('frozen steps come before the cosine, which has the rest', () => {
  const rate = scheduleOf({ ...defaults, schedule: 'cosine', frozenSteps: 20 }, 100, 10);
  expect([rate(0, base), rate(19, base)]).toEqual([floor, floor]);
  expect(rate(20, base)).toBe(base);
  expect(rate(60, base)).toBeCloseTo((base + floor) / 2, 12);
  expect(rate(100, base)).toBeCloseTo(floor, 12);
});

// CIFAR-100 (papers: "coswm"): 80 frozen steps, then a cosine over 40 × 20 steps in all, of which some 39 × 20 are taken.
test('the code’s schedule has its first step at the base rate, and is cut off before its floor', () => {
  const preset = vqPrompt.presets!['cifar100']!.values;
  const rate = scheduleOf({ ...defaults, ...preset }, 780, 39);
  expect(rate(0, base)).toBe(base);
  expect([rate(1, base), rate(79, base)]).toEqual([floor, floor]);
  expect(rate(80, base)).toBe(base);
  expect(rate(440, base)).toBeCloseTo((base + floor) / 2, 12); // half of 720 further steps
  expect(rate(779, base)).toBeGreaterThan(floor);
});

// base · cos( 99π e / 200(K − 1) ), K = 20.
test('CUB’s schedule changes once an epoch', () => {
  const preset = vqPrompt.presets!['cub']!.values;
  const rate = scheduleOf({ ...defaults, ...preset }, 900, 45);
  expect(rate(0, base)).toBe(base);
  expect(rate(44, base)).toBe(base);
  expect(rate(45, base)).toBeCloseTo(base * Math.cos((99 * Math.PI) / (200 * 19)), 12);
  expect(rate(899, base)).toBeCloseTo(base * Math.cos((99 * Math.PI) / 200), 12);
});

test('the authors’ code swaps the weights of the two losses, the paper sums over tokens and channels', () => {
  const options = { ...defaults, codebookWeight: 0.4, commitmentWeight: 0.1, balanceWeight: 0 };
  const code = lossWeights({ ...options, lossMapping: 'code' }, 768);
  expect(code).toEqual({ codebook: 0.1, commitment: 0.4, balance: 0 });
  const paper = lossWeights({ ...options, lossMapping: 'paper' }, 768);
  expect(paper).toEqual({ codebook: 0.4, commitment: 0.1, balance: 0 });
  const summed = lossWeights({ ...options, lossMapping: 'paper', lossReduction: 'sum' }, 768);
  expect(summed.codebook).toBeCloseTo(0.4 * 8 * 768, 9); // Lp·D = 6,144
});

// One step for all images: AdamW's first is its rate times the sign of the gradient.
test.each([5, 0])('prompts learn at %d times the classifier’s rate', async (promptRateFactor) => {
  const backbone = smallVit();
  const given = { epochs: 1, batchSize: 64, learningRate: 0.001, promptRateFactor };
  const options = await resolveOptions(vqPrompt, { ...quick, ...given });
  const context = { backbone, features: featuresOf(backbone), random: createRandom(1) };
  const learner = await vqPrompt.create(options, context);
  const prompts = async (): Promise<Float32Array> =>
    (await learner.save()).tensors['prompts.0']!.data.slice() as Float32Array;
  const before = await prompts();
  await learner.learn(tileStream([2]).experiences[0]!);
  const moves = (await prompts()).map((x, i) => Math.abs(x - before[i]!));
  expect(Math.max(...moves)).toBeCloseTo(promptRateFactor * 0.001, 5);
  await learner.dispose();
});
