/**
 * RAIL on MTIL, Order I or II: eleven datasets one after another, all training images, the dataset given at test. The dual form keeps
 * a kernel of all training images, which at full size no usual machine holds: the primal form runs, the dual one with 5 shots.
 */
import { defineConfig } from '@cl/reference';

export default defineConfig({
  description:
    'RAIL, primal, beside zero-shot on the eleven datasets of MTIL, Order I (variant order-2)',
  published:
    'Transfer / Average / Last: zero-shot 69.4 / 65.3 / 65.3, RAIL dual 69.4 / 77.8 / 86.8 (full); with 5 shots RAIL primal 69.4 / 71.9 / 77.2.',
  stream: 'mtil',
  datasets: [
    'aircraft@rail',
    'caltech-101@rail',
    'cifar100',
    'dtd@rail',
    'eurosat@rail',
    'flowers@rail',
    'food-101@rail',
    'mnist@rail',
    'pets@rail',
    'cars@rail',
    'sun397@rail',
  ],
  backbone: 'Xenova/clip-vit-base-patch16',
  learners: ['zero-shot', 'rail@paper,label=rail primal'],
  seeds: [42],
  variants: {
    '5-shot': {
      description: 'five images a class, primal and dual',
      stream: 'mtil,shots=5',
      learners: ['zero-shot', 'rail@paper,label=rail primal', 'rail@paper-dual,label=rail dual'],
    },
    'order-2': {
      description: 'Order II: from Cars to CIFAR-100',
      published:
        'Transfer / Average / Last: zero-shot 65.4 / 65.3 / 65.3; of RAIL no number is known.',
      datasets: [
        'cars@rail',
        'food-101@rail',
        'mnist@rail',
        'pets@rail',
        'flowers@rail',
        'sun397@rail',
        'aircraft@rail',
        'caltech-101@rail',
        'dtd@rail',
        'eurosat@rail',
        'cifar100',
      ],
    },
    embedded: {
      description: 'the same methods on two domains of icons: seconds, no download',
      datasets: ['icon-bench,domains=digits+flags'],
      published: '', // nothing, on icons
      backbone: 'tiny-clip',
      stream: 'mtil,shots=4',
      learners: [
        'zero-shot',
        'rail@primal,hiddenDim=512,label=rail primal',
        'rail@dual,label=rail dual',
      ],
    },
  },
});
