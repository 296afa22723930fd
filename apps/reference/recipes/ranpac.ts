/**
 * RanPAC (McDonnell et al., NeurIPS 2023), its random projection and ridge regression without first-session adaptation: the
 * column "no phase 1" of the authors' table; the variant `adapted` has a phase 1 of prefixes where theirs has adapters. Ten
 * tasks, NumPy seed 1993, ViT-B/16 of ImageNet-21k for CIFAR and Cars; the authors' weights for the others are fine-tuned on
 * ImageNet-1k: give yours with --backbone.
 */
import { defineConfig } from '@cl/reference';

export default defineConfig({
  description:
    'RanPAC beside nearest mean on CIFAR-100 (variants: imagenet-r, imagenet-a, cub-200, vtab, cars, ablation, adapted)',
  published:
    'Final accuracy (samples) of RanPAC without phase 1 / nearest mean: CIFAR-100 89.0 / 83.4, ImageNet-R 71.8 / 61.2, ImageNet-A 58.2 / 49.3, CUB 88.7 / 85.1, VTAB 92.2 / 88.4, Cars 66.0 / 37.7.',
  stream: 'class-incremental@pilot,classesPerTask=10',
  datasets: ['cifar100'],
  backbone: 'Xenova/vit-base-patch16-224-in21k',
  learners: ['nearest-mean', 'ranpac@paper,label=ranpac'],
  seeds: [1993],
  variants: {
    'imagenet-r': {
      datasets: ['imagenet-r'],
      stream: 'class-incremental@pilot,classesPerTask=20',
    },
    'imagenet-a': {
      datasets: ['imagenet-a'],
      stream: 'class-incremental@pilot,classesPerTask=20',
    },
    'cub-200': {
      datasets: ['cub-200'],
      stream: 'class-incremental@pilot,classesPerTask=20',
    },
    vtab: {
      description: 'five times ten classes; the authors’ folder, with train/ and test/, as ./vtab',
      datasets: ['image-folder,root=vtab'],
      stream: 'class-incremental,classesPerTask=10',
    },
    cars: {
      description: 'sixteen classes, then nine times twenty',
      datasets: ['cars'],
      stream: 'class-incremental@pilot,baseClasses=16,classesPerTask=20',
    },
    ablation: {
      description: 'CIFAR-100 without random projection, and the joint linear probe',
      published:
        'Final accuracy (samples) on CIFAR-100: RanPAC without projection and phase 1 87.0, joint linear probe 87.9.',
      learners: [
        'ranpac@paper,hiddenDim=0,label=no projection',
        'linear-probe@ranpac-joint,label=joint linear probe',
      ],
    },
    adapted: {
      description: 'with first-session adaptation, by prefixes, on CIFAR-100',
      published: 'Final accuracy (samples) on CIFAR-100 with the authors’ phase 1: RanPAC 92.2.',
      learners: ['ranpac-adapted@paper,label=ranpac'],
    },
    embedded: {
      description: 'the same methods on 36 classes of icons: seconds, no download',
      datasets: ['icon-bench,domains=digits+weather'],
      published: '', // nothing, on icons
      backbone: 'tiny-clip',
      stream: 'class-incremental@pilot,classesPerTask=12,shots=4',
      learners: ['nearest-mean', 'ranpac@paper,hiddenDim=512,label=ranpac'],
    },
  },
});
