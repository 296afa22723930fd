/**
 * VQ-Prompt on CIFAR-100, ten tasks of ten classes (NeurIPS 2024, table 2), with the settings of the authors' code. Its weights, timm's
 * `vit_base_patch16_224.augreg2_in21k_ft_in1k`, are not on the Hub as ONNX: export them and give their folder with --backbone; ViT-B/16 of ImageNet-21k
 * is the nearest model that is. Over several seeds the class order comes from this toolkit's generator; the variants seed-…
 * have the authors' own, one seed each.
 */
import { defineConfig } from '@cl/reference';

export default defineConfig({
  description: 'VQ-Prompt on CIFAR-100, ten tasks, five seeds',
  published:
    'FAA / CAA: VQ-Prompt 88.73 ± 0.27 / 92.84 ± 0.73 (table 2; population deviation over five seeds).',
  stream: 'class-incremental,classesPerTask=10,order=random',
  datasets: ['cifar100'],
  backbone: 'Xenova/vit-base-patch16-224-in21k',
  learners: ['vq-prompt@cifar100,label=vq-prompt'],
  seeds: [0, 1, 2, 3, 4],
  variants: {
    'seed-0': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=10,order=natural',
      seeds: [0],
    },
    'seed-1': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=10,order=python,orderSeed=1',
      seeds: [1],
    },
    'seed-2': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=10,order=python,orderSeed=2',
      seeds: [2],
    },
    'seed-3': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=10,order=python,orderSeed=3',
      seeds: [3],
    },
    'seed-4': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=10,order=python,orderSeed=4',
      seeds: [4],
    },
    embedded: {
      description: 'the same method, shortened, on two tasks of five digits: no download',
      datasets: ['icon-bench,domains=digits'],
      published: '', // nothing, on icons
      backbone: 'tiny-clip',
      stream: 'class-incremental,classesPerTask=5,shots=4,order=random',
      learners: [
        'vq-prompt@cifar100,layers=[0,1],epochs=6,batchSize=4,learningRate=0.01,schedule=cosine,frozenSteps=0,augmentation=none,statisticsView=whole,label=vq-prompt',
      ],
      seeds: [0],
    },
  },
});
