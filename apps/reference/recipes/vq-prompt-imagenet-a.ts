/**
 * VQ-Prompt on ImageNet-A, twenty tasks of ten classes, and on VTAB, five of ten (NeurIPS 2024, table 7). The paper gives tasks
 * and batch sizes; the rest is as for ImageNet-R, with a cosine over the steps that there are. Its weights are not on the Hub
 * as ONNX: export them and give their folder with --backbone; ViT-B/16 of ImageNet-21k is the nearest model that is.
 */
import { defineConfig } from '@cl/reference';

export default defineConfig({
  description: 'VQ-Prompt on ImageNet-A, twenty tasks, five seeds (variant: vtab)',
  published: 'FAA: ImageNet-A 52.96 (table 7).',
  stream: 'class-incremental,classesPerTask=10,order=random',
  datasets: ['imagenet-a'],
  backbone: 'Xenova/vit-base-patch16-224-in21k',
  learners: [
    'vq-prompt@imagenet-r,schedule=cosine,frozenSteps=0,scheduleStepsPerEpoch=0,label=vq-prompt',
  ],
  seeds: [0, 1, 2, 3, 4],
  variants: {
    vtab: {
      description: 'five datasets of ten classes; the folder of RanPAC and PILOT as ./vtab',
      published: 'FAA: VTAB 90.46 (table 7).',
      datasets: ['image-folder,root=vtab'],
      stream: 'class-incremental,classesPerTask=10',
      learners: [
        'vq-prompt@imagenet-r,batchSize=8,schedule=cosine,frozenSteps=0,scheduleStepsPerEpoch=0,label=vq-prompt',
      ],
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
