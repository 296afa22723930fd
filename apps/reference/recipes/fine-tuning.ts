/**
 * Fine-tuning of the whole tower: FT, and FT++ with the softmax over the classes of the task, on CIFAR-100 in ten tasks. The
 * settings are those of CODA-Prompt's code for CIFAR-100 (Adam at 5e-5, 20 epochs, batches of 128), which has none for the other
 * data sets; the numbers are those of VQ-Prompt's tables 1 to 3. The weights, timm's
 * `vit_base_patch16_224.augreg2_in21k_ft_in1k` (CUB: `augreg_in21k`), are not on the Hub as ONNX: export them and give their
 * folder with --backbone.
 */
import { defineConfig } from '@cl/reference';

export default defineConfig({
  description:
    'Fine-tuning and joint fine-tuning on CIFAR-100, ten tasks, five seeds (variants: joint, imagenet-r, imagenet-r-joint, cub-200)',
  published: 'FAA / CAA: FT 29.21 ± 0.18 / 37.37 ± 0.89, FT++ 49.91 ± 0.42 / 74.76 ± 0.93.',
  stream: 'class-incremental,classesPerTask=10,order=random',
  datasets: ['cifar100'],
  backbone: 'Xenova/vit-base-patch16-224-in21k',
  learners: [
    'fine-tuning@coda-cifar-100,label=FT',
    'fine-tuning@coda-cifar-100,logits=current,label=FT++',
  ],
  seeds: [0, 1, 2, 3, 4],
  variants: {
    joint: {
      description: 'all hundred classes at once: the upper bound',
      published: 'FAA: joint 91.38.',
      stream: 'class-incremental,classesPerTask=100',
      learners: ['fine-tuning@coda-cifar-100,label=joint'],
      seeds: [0],
    },
    'imagenet-r': {
      description: 'ImageNet-R, ten tasks of twenty classes',
      published: 'FAA / CAA: FT 10.12 ± 0.51 / 35.23 ± 0.92, FT++ 48.93 ± 1.15 / 66.79 ± 0.92.',
      datasets: ['imagenet-r'],
      stream: 'class-incremental,classesPerTask=20,order=random',
    },
    'imagenet-r-joint': {
      description: 'all two hundred classes of ImageNet-R at once',
      published: 'FAA: joint 82.06.',
      datasets: ['imagenet-r'],
      stream: 'class-incremental,classesPerTask=200',
      learners: ['fine-tuning@coda-cifar-100,label=joint'],
      seeds: [0],
    },
    'cub-200': {
      description: 'CUB-200, ten tasks of twenty classes',
      published: 'FAA / CAA: FT 11.04 ± 0.78 / 31.96 ± 0.74, FT++ 37.81 ± 2.86 / 63.55 ± 1.62.',
      datasets: ['cub-200'],
      stream: 'class-incremental,classesPerTask=20,order=random',
      seeds: [0, 12, 24, 36, 48],
    },
    embedded: {
      description: 'the same methods, shortened, on two tasks of five digits: no download',
      datasets: ['icon-bench,domains=digits'],
      published: '', // nothing, on icons
      backbone: 'tiny-clip',
      stream: 'class-incremental,classesPerTask=5,shots=4,order=random',
      learners: [
        'fine-tuning@coda-cifar-100,epochs=3,batchSize=4,headLearningRate=0.01,augmentation=none,label=FT',
        'fine-tuning@coda-cifar-100,logits=current,epochs=3,batchSize=4,headLearningRate=0.01,augmentation=none,label=FT++',
      ],
      seeds: [0],
    },
  },
});
