/**
 * SoTU (Ning et al., arXiv 2411.02813), as far as it is known: the protocol of RanPAC and PILOT that it most likely follows (ten
 * tasks, NumPy seed 1993) and the recipe of the preset `reconstruction`. The published tables could not be had, so there is no
 * number to compare with; README.md of @cl/sotu lists every assumption.
 */
import { defineConfig } from '@cl/reference';

export default defineConfig({
  description:
    'SoTU, reconstructed, beside nearest mean on CIFAR-100 (variants: imagenet-r, imagenet-a, cub-200, vtab, cars)',
  stream: 'class-incremental@pilot,classesPerTask=10',
  datasets: ['cifar100'],
  backbone: 'Xenova/vit-base-patch16-224-in21k',
  learners: ['nearest-mean', 'sotu@reconstruction,label=sotu'],
  seeds: [1993],
  variants: {
    sweep: {
      description: 'the masking probability p from 0 to 0.95',
      learners: ['sotu@reconstruction,label=sotu'],
      sweep: 'sotu.p=0,0.5,0.7,0.9,0.95',
    },
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
      description:
        'five times ten classes; the folder of RanPAC and PILOT, with train/ and test/, as ./vtab',
      datasets: ['image-folder,root=vtab'],
      stream: 'class-incremental,classesPerTask=10',
    },
    cars: {
      description: 'sixteen classes, then nine times twenty',
      datasets: ['cars'],
      stream: 'class-incremental@pilot,baseClasses=16,classesPerTask=20',
    },
    embedded: {
      description: 'the same method, shortened, on two tasks of five digits: no download',
      datasets: ['icon-bench,domains=digits'],
      backbone: 'tiny-clip',
      stream: 'class-incremental@pilot,classesPerTask=5,shots=4',
      learners: ['nearest-mean', 'sotu,epochs=2,batchSize=8,label=sotu'],
    },
  },
});
