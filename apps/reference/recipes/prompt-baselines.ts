/**
 * L2P++, Deep L2P++, DualPrompt and CODA-Prompt on ImageNet-R, ten tasks of twenty classes, with the settings of CODA-Prompt's
 * code (Smith et al., CVPR 2023; 50 epochs, batches of 128, Adam at 1e-3) and the numbers of VQ-Prompt's tables 1 to 3, which
 * compares them. The weights, timm's `vit_base_patch16_224.augreg2_in21k_ft_in1k` (CUB: `augreg_in21k`), are not on the Hub as
 * ONNX: export them and give their folder with --backbone. Unlike that code, images are not augmented.
 */
import { defineConfig } from '@cl/reference';

export default defineConfig({
  description:
    'L2P, DualPrompt and CODA-Prompt on ImageNet-R, ten tasks, five seeds (variants: 5-tasks, 20-tasks, cifar100, cub-200)',
  published:
    'FAA / CAA: L2P++ 69.29 ± 0.73 / 78.30 ± 0.69, deep 71.66 ± 0.64 / 79.63 ± 0.90, DualPrompt 71.32 ± 0.62 / 78.94 ± 0.72, CODA-Prompt 75.45 ± 0.56 / 81.59 ± 0.82.',
  stream: 'class-incremental,classesPerTask=20,order=random',
  datasets: ['imagenet-r'],
  backbone: 'Xenova/vit-base-patch16-224-in21k',
  learners: [
    'l2p@paper,label=l2p++',
    'l2p@deep,label=deep l2p++',
    'dual-prompt@paper,label=dual-prompt',
    'coda-prompt@paper,label=coda-prompt',
  ],
  seeds: [0, 1, 2, 3, 4],
  variants: {
    '5-tasks': {
      description: 'five tasks of forty classes',
      published:
        'FAA / CAA: L2P++ 70.83 ± 0.58 / 78.34 ± 0.47, deep 73.93 ± 0.37 / 80.14 ± 0.54, DualPrompt 73.05 ± 0.50 / 79.47 ± 0.40, CODA-Prompt 76.51 ± 0.38 / 82.04 ± 0.54.',
      stream: 'class-incremental,classesPerTask=40,order=random',
      learners: [
        'l2p@paper,label=l2p++',
        'l2p@deep,label=deep l2p++',
        'dual-prompt@paper,label=dual-prompt',
        'coda-prompt@paper,components=20,label=coda-prompt',
      ],
    },
    '20-tasks': {
      description: 'twenty tasks of ten classes',
      published:
        'FAA / CAA: L2P++ 65.89 ± 1.30 / 77.15 ± 0.65, deep 68.42 ± 1.20 / 78.68 ± 1.03, DualPrompt 67.87 ± 1.39 / 77.42 ± 0.80, CODA-Prompt 72.37 ± 1.19 / 79.88 ± 1.06.',
      stream: 'class-incremental,classesPerTask=10,order=random',
      learners: [
        'l2p@paper,label=l2p++',
        'l2p@deep,label=deep l2p++',
        'dual-prompt@paper,label=dual-prompt',
        'coda-prompt@paper,components=5,label=coda-prompt',
      ],
    },
    cifar100: {
      description: 'CIFAR-100, ten tasks, 20 epochs; what table 2 says of the others is doubtful',
      published: 'FAA / CAA: L2P++ 82.50 ± 1.10 / 88.96 ± 0.82, deep 84.30 ± 1.03 / 90.50 ± 0.69.',
      datasets: ['cifar100'],
      stream: 'class-incremental,classesPerTask=10,order=random',
      learners: [
        'l2p@paper,epochs=20,label=l2p++',
        'l2p@deep,epochs=20,label=deep l2p++',
        'dual-prompt@paper,epochs=20,label=dual-prompt',
        'coda-prompt@paper,epochs=20,orthogonality=0.1,label=coda-prompt',
      ],
    },
    'cub-200': {
      description: 'CUB-200, ten tasks of twenty classes; the epochs are those of ImageNet-R',
      published:
        'FAA / CAA: DualPrompt 66.00 ± 0.57 / 77.92 ± 0.50, CODA-Prompt 70.03 ± 0.47 / 74.26 ± 0.24.',
      datasets: ['cub-200'],
      learners: ['dual-prompt@paper,label=dual-prompt', 'coda-prompt@paper,label=coda-prompt'],
      seeds: [0, 12, 24, 36, 48],
    },
    embedded: {
      description: 'the same methods, shortened, on two tasks of five digits: no download',
      datasets: ['icon-bench,domains=digits'],
      published: '', // nothing, on icons
      backbone: 'tiny-clip',
      stream: 'class-incremental,classesPerTask=5,shots=4,order=random',
      learners: [
        'l2p@paper,epochs=6,batchSize=4,learningRate=0.01,headLearningRate=0.01,label=l2p++',
        'dual-prompt@paper,epochs=6,batchSize=4,learningRate=0.01,headLearningRate=0.01,label=dual-prompt',
        'coda-prompt@paper,epochs=6,batchSize=4,learningRate=0.01,headLearningRate=0.01,label=coda-prompt',
      ],
      seeds: [0],
    },
  },
});
