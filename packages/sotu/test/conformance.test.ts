import { sotu } from '@cl/sotu';
import { describeLearner } from '@cl/testing/vitest';
import { quick, tinyVit } from './support/tiny-vit.ts';

describeLearner(
  sotu,
  { ...quick, singleClass: 'prototype' }, // the stream is unlearned with a task of one class
  {
    backbone: tinyVit(),
    exceptions: {
      'refuses features that are NaN and stays as it was':
        'It asks the backbone for pixels and never looks at features that others computed.',
    },
  },
);
