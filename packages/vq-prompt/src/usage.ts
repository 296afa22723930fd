/** Which entries of its pools a learner uses: counted when an experience was learned, on its training images. */
import {
  ClError,
  stateTensor,
  type Insight,
  type LearnerState,
  type Lesson,
  type Tensor,
} from '@cl/hub';

/** Counts of one layer. Never modified. */
export interface LayerUsage {
  readonly layer: number;
  /** For each experience, how often each entry was chosen; entries added later are missing at the end. */
  readonly byExperience: readonly Int32Array[];
  /** The same for each class. */
  readonly byClass: readonly Int32Array[];
}

/** The counts with those of a lesson added. */
export function counted(
  usage: readonly LayerUsage[],
  lesson: Lesson,
  selected: readonly Int32Array[],
  entries: readonly number[],
): readonly LayerUsage[] {
  return usage.map(({ layer, byExperience, byClass }, l) => {
    const experience = new Int32Array(entries[l]!);
    const classes = Array.from({ length: lesson.classes }, (_, c) => {
      const counts = new Int32Array(entries[l]!);
      counts.set(byClass[c] ?? []);
      return counts;
    });
    selected[l]!.forEach((entry, i) => {
      experience[entry]! += 1;
      classes[lesson.labels[i]!]![entry]! += 1;
    });
    return { layer, byExperience: [...byExperience, experience], byClass: classes };
  });
}

/** exp of the entropy of how often entries are chosen: N when all are chosen alike, 1 when one is chosen always. */
function perplexity(counts: Int32Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  let entropy = 0;
  for (const count of counts) if (count > 0) entropy -= (count / total) * Math.log(count / total);
  return Math.exp(entropy);
}

/** The counts as tensors, to be saved: int32 [experiences, N] and [classes, N] a layer. */
export function usageTensors(
  usage: readonly LayerUsage[],
  entries: readonly number[],
): Record<string, Tensor> {
  const table = (rows: readonly Int32Array[], cols: number): Tensor => {
    const data = new Int32Array(rows.length * cols);
    rows.forEach((row, i) => {
      data.set(row, i * cols);
    });
    return { dtype: 'int32', dims: [rows.length, cols], data };
  };
  return Object.fromEntries(
    usage.flatMap(({ layer, byExperience, byClass }, l): [string, Tensor][] => [
      [`usage.experiences.${layer}`, table(byExperience, entries[l]!)],
      [`usage.classes.${layer}`, table(byClass, entries[l]!)],
    ]),
  );
}

/**
 * The counts of a saved state.
 *
 * @throws ClError `CORRUPT_FILE`.
 */
export function savedUsage(
  state: LearnerState,
  layers: readonly number[],
  entries: readonly number[],
): readonly LayerUsage[] {
  const rows = (name: string, count: number, cols: number): readonly Int32Array[] => {
    const { data } = stateTensor('vq-prompt', state, name, ['int32'], [count, cols]);
    if (data.some((times) => times < 0)) {
      throw new ClError(
        'CORRUPT_FILE',
        `vq-prompt: the saved state has counts below 0 in "${name}", expected none. Restore an earlier copy.`,
      );
    }
    return Array.from({ length: count }, (_, i) => data.slice(i * cols, (i + 1) * cols));
  };
  return layers.map((layer, l) => ({
    layer,
    byExperience: rows(`usage.experiences.${layer}`, state.experiences, entries[l]!),
    byClass: rows(`usage.classes.${layer}`, state.classes.length, entries[l]!),
  }));
}

/** Perplexity over time, a table by experience for each layer, and one by class for the layer that varies most. */
export function usageInsights(usage: readonly LayerUsage[]): readonly Insight[] {
  const experiences = usage[0]?.byExperience.length ?? 0;
  if (experiences === 0) return [];
  const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
  const table = (
    title: string,
    what: string,
    layer: number,
    rows: readonly Int32Array[],
  ): Insight => ({
    kind: 'matrix',
    title: `${title}, layer ${layer}`,
    text: `Share of the training images of ${what} for which a prompt was chosen, when it was learned.`,
    rows: numbers(rows.length),
    columns: numbers(Math.max(...rows.map(({ length }) => length))),
    values: rows.map((row) => shares(row, Math.max(...rows.map(({ length }) => length)))),
  });
  const tables = usage.map(({ layer, byExperience }) =>
    table('Prompts by experience', 'an experience', layer, byExperience),
  );
  const liveliest = usage.toSorted((a, b) => meanPerplexity(b) - meanPerplexity(a))[0]!;
  tables.push(table('Prompts by class', 'a class', liveliest.layer, liveliest.byClass));
  const lines: Insight = {
    kind: 'lines',
    title: 'Perplexity of prompt use',
    text: 'exp of the entropy of the choices in an experience: the number of prompts when all are used alike, 1 when one is used always.',
    x: { label: 'experience', values: numbers(experiences) },
    y: 'perplexity',
    series: usage.map(({ layer, byExperience }) => ({
      label: `layer ${layer}`,
      values: byExperience.map(perplexity),
    })),
  };
  return [lines, ...tables];
}

function meanPerplexity({ byExperience }: LayerUsage): number {
  const sum = byExperience.reduce((total, counts) => total + perplexity(counts), 0);
  return sum / byExperience.length;
}

function shares(counts: Int32Array, entries: number): (number | null)[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return Array.from({ length: entries }, (_, i) => (total === 0 ? null : (counts[i] ?? 0) / total));
}
