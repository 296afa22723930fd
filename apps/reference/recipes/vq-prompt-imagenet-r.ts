/**
 * VQ-Prompt on ImageNet-R, ten tasks of twenty classes (NeurIPS 2024, table 1), with the settings of the authors' code. Its weights, timm's
 * `vit_base_patch16_224.augreg2_in21k_ft_in1k`, are not on the Hub as ONNX: export them and give their folder with --backbone; ViT-B/16 of ImageNet-21k
 * is the nearest model that is. Over several seeds the class order comes from this toolkit's generator; the variants seed-…
 * have the authors' own, one seed each.
 */
import { defineConfig } from '@cl/reference';

export default defineConfig({
  description: 'VQ-Prompt on ImageNet-R, ten tasks (variants: five and twenty), five seeds',
  published:
    'FAA / CAA: 5 tasks 79.23 ± 0.29 / 82.96 ± 0.50, 10 tasks 78.71 ± 0.22 / 83.24 ± 0.68, 20 tasks 78.10 ± 0.22 / 82.70 ± 1.16 (table 1).',
  stream: 'class-incremental,classesPerTask=20,order=random',
  datasets: ['imagenet-r'],
  backbone: 'Xenova/vit-base-patch16-224-in21k',
  learners: ['vq-prompt@imagenet-r,label=vq-prompt'],
  seeds: [0, 1, 2, 3, 4],
  variants: {
    '5-tasks': {
      description: 'five tasks of forty classes',
      stream: 'class-incremental,classesPerTask=40,order=random',
      learners: ['vq-prompt@imagenet-r,frozenSteps=80,scheduleStepsPerEpoch=80,label=vq-prompt'],
    },
    '20-tasks': {
      description: 'twenty tasks of ten classes',
      stream: 'class-incremental,classesPerTask=10,order=random',
      learners: ['vq-prompt@imagenet-r,frozenSteps=20,scheduleStepsPerEpoch=20,label=vq-prompt'],
    },
    dino: {
      description: 'ten tasks on the self-supervised DINO, three seeds (table 4: 68.42 / 74.43)',
      backbone: 'Xenova/dino-vitb16',
      seeds: [0, 1, 2],
    },
    'without-stage-2': {
      description: 'VQ-Prompt-S (table 5, ten tasks: 78.00 ± 0.39 / 82.83 ± 0.69)',
      learners: ['vq-prompt@imagenet-r,classifierStage=false,label=vq-prompt-s'],
    },
    'seed-0': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=20,order=natural',
      seeds: [0],
    },
    'seed-1': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=20,order=python,orderSeed=1',
      seeds: [1],
    },
    'seed-2': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=20,order=python,orderSeed=2',
      seeds: [2],
    },
    'seed-3': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=20,order=python,orderSeed=3',
      seeds: [3],
    },
    'seed-4': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=20,order=python,orderSeed=4',
      seeds: [4],
    },
    embedded: {
      description: 'the same method, shortened, on two tasks of five digits: no download',
      datasets: ['icon-bench,domains=digits'],
      published: '', // nothing, on icons
      backbone: 'tiny-clip',
      stream: 'class-incremental,classesPerTask=5,shots=4,order=random',
      learners: [
        'vq-prompt@imagenet-r,layers=[0,1],epochs=6,batchSize=4,learningRate=0.01,schedule=cosine,frozenSteps=0,augmentation=none,statisticsView=whole,label=vq-prompt',
      ],
      seeds: [0],
    },
  },
});
