/** What tables of comparisons show, and what can be said of differences: the same words on paper and on screens. */
import { list, percent, points } from '../format.ts';
import { testedMetric, type ComparedNumbers, type ComparedPair } from './compare-learners.ts';
import { criticalT } from './student-t.ts';

/** A metric as a column. */
export interface ShownMetric {
  readonly metric: string;
  readonly label: string;
  /** `undefined` where nobody says: then no number is marked as the best. */
  readonly better: 'higher' | 'lower' | undefined;
}

/** Two-sided, after correction. */
const level = 0.05;

/**
 * The columns of accuracy that a stream's table has: what at least one learner has a number for. Where there are domains, the
 * final average accuracy is the field's "Last". Metrics of other packages come after these.
 */
export function shownMetrics({ learners, others }: ComparedNumbers): readonly ShownMetric[] {
  const has = (metric: string): boolean =>
    learners.some(({ metrics }) => (metrics[metric] ?? null) !== null);
  const domains = has('transfer') || has('average');
  const all: readonly ShownMetric[] = [
    { metric: testedMetric, label: domains ? 'FAA = Last' : 'FAA', better: 'higher' },
    { metric: 'cumulative-average-accuracy', label: 'CAA', better: 'higher' },
    { metric: 'average-forgetting', label: 'Forgetting', better: 'lower' },
    { metric: 'transfer', label: 'Transfer', better: 'higher' },
    { metric: 'average', label: 'Average', better: 'higher' },
  ];
  const usual = all.filter(({ metric }) => has(metric) && (domains || metric !== 'average'));
  return [...usual, ...others];
}

/** Whether a pair differs, after correction. */
export function isSignificant({ adjusted }: ComparedPair): boolean {
  return adjusted !== null && adjusted < level;
}

/** p as people write it: `p = 0.012`, `p < 0.001`. */
function pText(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** A pair seen from its first learner: `+3.2 points, 95 % interval 1.0 to 5.4, p = 0.012 (corrected 0.036)`. */
export function pairText({ difference, low, high, p, adjusted, n }: ComparedPair): string {
  const size = `${points(difference)} points`;
  if (n === 1) return `${size}; one seed, no test`;
  if (p === null || low === null || high === null || adjusted === null) {
    return `${size} in each of ${n} seeds, no test`;
  }
  const corrected = adjusted < 0.001 ? '< 0.001' : adjusted.toFixed(adjusted < 0.1 ? 3 : 2);
  return `${size}, 95 % interval ${percent(low)} to ${percent(high)}, ${pText(p)} (corrected ${corrected})`;
}

/** What the seeds allow to say, in sentences. */
export function verdict(stream: ComparedNumbers): readonly string[] {
  const { learners, pairs } = stream;
  const final = (label: string): number =>
    learners.find((one) => one.label === label)?.metrics[testedMetric]?.mean ?? -1;
  const ranked = learners
    .map(({ label }) => label)
    .filter((label) => final(label) >= 0)
    .sort((a, b) => final(b) - final(a));
  const best = ranked[0];
  if (best === undefined || ranked.length < 2) return [];
  const seeds = Math.max(...pairs.map(({ n }) => n));
  if (seeds === 1) {
    return [
      'One seed: nothing can be said about chance. Take at least three, better five (--seeds 0,1,2,3,4).',
    ];
  }
  const tested = pairs.filter(({ p }) => p !== null);
  const against = pairs.filter(({ a, b }) => a === best || b === best);
  const other = ({ a, b }: ComparedPair): string => (a === best ? b : a);
  const worse = against.filter(isSignificant).map(other);
  const open = against.filter((pair) => pair.p !== null && !isSignificant(pair)).map(other);
  const constant = against.filter(({ p, n }) => p === null && n > 1);
  const equal = constant.filter(({ difference }) => Math.abs(difference) < 1e-12).map(other);
  const fixed = constant.map(other).filter((label) => !equal.includes(label));
  const factor = criticalT(level, seeds - 1) / Math.sqrt(seeds);
  return [
    `${best} has the highest final accuracy (${percent(final(best))}).`,
    worse.length > 0 && `It differs from ${list(worse)}.`,
    open.length > 0 && `Over these seeds it cannot be told from ${list(open)}.`,
    equal.length > 0 && `It is equal to ${list(equal)} in every seed.`,
    fixed.length > 0 &&
      `Its distance to ${list(fixed)} is the same in every seed: seeds change nothing there, so there is nothing to test.`,
    tested.length > 0 &&
      `Paired t-tests over ${seeds} seeds, two-sided at ${level} after Holm's correction for ${tested.length} ` +
        `pair${tested.length === 1 ? '' : 's'}. With ${seeds} seeds a difference must be ${factor.toFixed(1)} times its ` +
        `own deviation to count even alone${seeds < 5 ? '; more seeds tell more' : ''}.`,
  ].filter((sentence) => sentence !== false);
}
