/**
 * VQ-Prompt on CUB-200, ten tasks of twenty classes (NeurIPS 2024, table 3), with the settings of the authors' code. Its weights, timm's
 * `vit_base_patch16_224.augreg_in21k`, are not on the Hub as ONNX: export them and give their folder with --backbone; ViT-B/16 of ImageNet-21k
 * is the nearest model that is. Over several seeds the class order comes from this toolkit's generator; the variants seed-…
 * have the authors' own, one seed each.
 */
import { defineConfig } from '@cl/reference';

export default defineConfig({
  description: 'VQ-Prompt on CUB-200, ten tasks, five seeds',
  published: 'FAA / CAA: VQ-Prompt 86.72 ± 0.94 / 90.33 ± 1.03 (table 3).',
  stream: 'class-incremental,classesPerTask=20,order=random',
  datasets: ['cub-200'],
  backbone: 'Xenova/vit-base-patch16-224-in21k',
  learners: ['vq-prompt@cub,label=vq-prompt'],
  seeds: [0, 12, 24, 36, 48],
  variants: {
    'seed-0': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=20,order=natural',
      seeds: [0],
    },
    'seed-12': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=20,order=python,orderSeed=12',
      seeds: [12],
    },
    'seed-24': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=20,order=python,orderSeed=24',
      seeds: [24],
    },
    'seed-36': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=20,order=python,orderSeed=36',
      seeds: [36],
    },
    'seed-48': {
      description: 'one seed with the class order of the authors’ code',
      stream: 'class-incremental,classesPerTask=20,order=python,orderSeed=48',
      seeds: [48],
    },
    embedded: {
      description: 'the same method, shortened, on two tasks of five digits: no download',
      datasets: ['icon-bench,domains=digits'],
      published: '', // nothing, on icons
      backbone: 'tiny-clip',
      stream: 'class-incremental,classesPerTask=5,shots=4,order=random',
      learners: [
        'vq-prompt@cub,layers=[0,1],epochs=6,batchSize=4,learningRate=0.01,schedule=cosine,frozenSteps=0,augmentation=none,statisticsView=whole,label=vq-prompt',
      ],
      seeds: [0],
    },
  },
});
