/**
 * RAIL on X-TAIL (Xu et al., NeurIPS 2024): ten domains, 16 shots, one sentence pattern, CLIP ViT-B/16, seed 42. From the
 * authors' code: classes with fewer images are resampled, λ 0.1 (primal) and 0.001 (dual), 15,000 hidden units.
 */
import { defineConfig } from '@cl/reference';

export default defineConfig({
  description: 'RAIL, primal and dual, beside zero-shot on the ten domains of X-TAIL (16 shots)',
  published:
    'Transfer / Average / Last: RAIL primal 62.4 / 70.7 / 79.1, dual 62.4 / 71.9 / 82.4, as later papers quote them.',
  stream: 'x-tail@paper',
  datasets: [
    'aircraft@rail',
    'caltech-101@rail',
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
  learners: ['zero-shot', 'rail@paper,label=rail primal', 'rail@paper-dual,label=rail dual'],
  seeds: [42],
  variants: {
    'order-2': {
      description: 'another order, as the authors of LADA run it, from Cars to EuroSAT',
      published: 'Average / Last, re-run by LADA: RAIL primal 67.3 / 81.8, dual 67.5 / 82.5.',
      datasets: [
        'cars@rail',
        'aircraft@rail',
        'pets@rail',
        'food-101@rail',
        'sun397@rail',
        'mnist@rail',
        'flowers@rail',
        'dtd@rail',
        'caltech-101@rail',
        'eurosat@rail',
      ],
    },
    embedded: {
      description: 'the same methods on two domains of icons: seconds, no download',
      datasets: ['icon-bench,domains=digits+flags'],
      published: '', // nothing, on icons
      backbone: 'tiny-clip',
      stream: 'x-tail@paper,shots=4',
      learners: [
        'zero-shot',
        'rail@primal,hiddenDim=512,label=rail primal',
        'rail@dual,label=rail dual',
      ],
    },
  },
});
