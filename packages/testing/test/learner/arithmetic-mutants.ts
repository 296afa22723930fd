/** Learners broken in merging and unlearning. */
import type { Learner, UnlearnRequest } from '@cl/hub';
import type { Mutant } from '../broken.ts';
import { CentroidLearner } from '../centroid-learner.ts';
import { mutant } from './mutant.ts';

export const arithmeticMutants: readonly Mutant[] = [
  mutant('merges without saying so', 'has merge and unlearn exactly when it declares them', {
    capabilities: { mergeable: false },
  }),
  mutant(
    'merges sums but not counts',
    'merged with another, equals one that learned in sequence, to rounding',
    {
      learner: class extends CentroidLearner {
        override async merge(other: Learner) {
          await super.merge(other);
          this.counts = this.counts.map(() => 1);
        }
      },
    },
  ),
  mutant(
    'changes what it merges with',
    'merged with another, equals one that learned in sequence, to rounding',
    {
      learner: class extends CentroidLearner {
        override async merge(other: CentroidLearner) {
          await super.merge(other);
          other.counts[0]! += 1;
        }
      },
    },
  ),
  mutant('merges any width', 'refuses to merge with one of another width and stays as it was', {
    learner: class extends CentroidLearner {
      override async merge(other: CentroidLearner) {
        if (other.weights.length === this.weights.length) await super.merge(other);
      }
    },
  }),
  mutant(
    'unlearns nothing',
    'unlearns samples or a class as if it had never learned them, to rounding',
    {
      learner: class extends CentroidLearner {
        override async unlearn(request: UnlearnRequest) {
          if (request.kind === 'class') await super.unlearn(request);
        }
      },
    },
  ),
  mutant(
    'unlearns neither samples nor classes',
    'unlearns samples or a class as if it had never learned them, to rounding',
    {
      learner: class extends CentroidLearner {
        override async unlearn() {
          await super.unlearn({ kind: 'class', classId: 'any' });
        }
      },
    },
  ),
  mutant('forgets classes it never saw', 'refuses to unlearn a class that it never saw', {
    learner: class extends CentroidLearner {
      override async unlearn(request: UnlearnRequest) {
        if (request.kind === 'class' && !this.registry.has(request.classId)) return;
        await super.unlearn(request);
      }
    },
  }),
];
