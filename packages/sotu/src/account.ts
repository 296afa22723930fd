/** What the learner tells of itself: how nearly orthogonal its deltas are, how far the features moved, what it keeps. */
import type { Insight, LearnerAccount } from '@cl/hub';
import { keptValues } from './delta.ts';
import { cosine, squareOf } from './orthogonality.ts';
import type { DeltaRecord, Pair, TaskRecord } from './records.ts';
import type { SotuParts, SotuState } from './sotu-state.ts';

/** A task that moved the backbone. */
interface Tuned extends TaskRecord {
  readonly delta: DeltaRecord;
}

/** The account of a state. */
export function describeState(parts: SotuParts, state: SotuState): LearnerAccount {
  const tuned = state.records.filter((record): record is Tuned => record.delta !== null);
  const trained = parts.parameters.reduce((sum, { length }) => sum + length, 0);
  return {
    trainableParameters: trained,
    keeps: keptOfThePast(parts),
    insights: [
      mergedNumbers(parts, state, tuned),
      ...(parts.options.keep === 'deltas' && tuned.length > 1 ? orthogonality(tuned) : []),
      ...movement(state.records, tuned, parts.options.prototypes),
    ],
  };
}

function keptOfThePast({ options }: SotuParts): string {
  const { keep, merge, classifier, prototypes, exemplars } = options;
  const deltas =
    keep === 'deltas' ? 'the sparse delta of each task' : `what merge rule ${merge} goes on from`;
  const answers = {
    'nearest-mean': 'a mean feature of each class',
    ridge: 'sums over all features (G, Q)',
    'linear-probe': 'a column of weights for each class',
  }[classifier];
  const images = prototypes === 'exemplars' ? `, ${exemplars} images of each class` : '';
  return `${deltas}, ${answers}${images}`;
}

function mergedNumbers(
  { options }: SotuParts,
  { merge }: SotuState,
  tuned: readonly Tuned[],
): Insight {
  const extents = tuned.flatMap(({ delta }) => delta.masked);
  const sum = (pick: (extent: (typeof extents)[number]) => number): number =>
    extents.reduce((total, extent) => total + pick(extent), 0);
  let square = 0;
  if (merge.tasks > 0) {
    for (const name of merge.options.parameters.keys()) square += squareOf(merge.delta(name));
  }
  const apart = Math.sqrt(sum((extent) => extent.square));
  const kept = merge.deltas.reduce((total, delta) => total + keptValues(delta), 0);
  return {
    kind: 'numbers',
    title: 'Merged deltas',
    text:
      'The norm ratio is ‖merged delta‖ / √Σ‖δ̂‖²: 1 when the deltas are orthogonal and added, √T when T deltas are equal. ' +
      'Density is the share of coordinates that a mask kept.',
    values: {
      'tasks merged': merge.tasks,
      'merge rule': options.merge,
      density: rounded(sum((extent) => extent.kept) / (sum((extent) => extent.all) || 1)),
      'norm ratio': apart > 0 ? rounded(square ** 0.5 / apart) : 'no delta',
      'values kept': kept,
      'megabytes of deltas': rounded((4 * kept) / 1e6),
      prototypes: options.prototypes,
    },
  };
}

/** Cosines before and after masking, collisions, and both by layer. */
function orthogonality(tuned: readonly Tuned[]): readonly Insight[] {
  const names = tuned.map(({ name }) => name);
  const matrix = (
    title: string,
    text: string,
    value: (a: Tuned, b: Tuned, pair: Pair) => number | null,
  ): Insight => {
    const at = (a: Tuned, b: Tuned): number | null => {
      if (a === b) return title.startsWith('Cosines') ? 1 : null;
      const [first, second] = a.task < b.task ? [a, b] : [b, a];
      const pair = second.delta.pairs.find(({ task }) => task === first.task);
      return pair === undefined ? null : value(first, second, pair);
    };
    const values = tuned.map((a) => tuned.map((b) => at(a, b)));
    return { kind: 'matrix', title, text, rows: names, columns: names, values };
  };
  const layers = tuned[0]!.delta.masked.map((_, layer) => layer);
  return [
    matrix(
      'Cosines of deltas before masking',
      'Estimated without bias from the values that are kept of the earlier delta; empty where masks were not drawn.',
      (a, b, pair) => wholeCosine(a, b, pair, layers),
    ),
    matrix(
      'Cosines of deltas after masking',
      'Exact. Independent masks that keep a share q make it q times that before masking; disjoint ones make it 0.',
      (a, b, pair) => maskedCosine(a, b, pair, layers),
    ),
    matrix(
      'Collision rate',
      'Share of coordinates that the masks of both tasks keep: q² when they are independent.',
      ({ delta }, _, { masked }) => {
        const shared = masked.reduce((sum, overlap) => sum + overlap.shared, 0);
        return shared / delta.masked.reduce((sum, extent) => sum + extent.all, 0);
      },
    ),
    {
      kind: 'lines',
      title: 'Cosines by layer',
      text: 'Mean over all pairs of tasks of the cosine between their deltas in one block.',
      x: { label: 'block', values: layers },
      y: 'mean cosine',
      series: [
        {
          label: 'before masking',
          values: layers.map((layer) =>
            meanOverPairs(tuned, (a, b, pair) => wholeCosine(a, b, pair, [layer])),
          ),
        },
        {
          label: 'after masking',
          values: layers.map((layer) =>
            meanOverPairs(tuned, (a, b, pair) => maskedCosine(a, b, pair, [layer])),
          ),
        },
      ],
    },
  ];
}

/** How far features moved, and how fine-tuning went. */
function movement(
  records: readonly TaskRecord[],
  tuned: readonly Tuned[],
  prototypes: string,
): readonly Insight[] {
  if (tuned.length === 0) return [];
  const epochs = Math.max(...tuned.map(({ losses }) => losses.length));
  return [
    {
      kind: 'lines',
      title: 'How far features move when a task joins',
      text:
        'Mean of 1 − cos between features of the task’s images before and after its delta is merged: what class means of ' +
        `earlier tasks are off by, as far as images of the past can be told from those of the present. Prototypes: ${prototypes}.`,
      x: { label: 'task', values: records.map(({ name }) => name) },
      y: '1 − cos',
      series: [{ label: 'drift', values: records.map(({ drift }) => drift) }],
    },
    {
      kind: 'lines',
      title: 'Fine-tuning loss',
      text: 'Mean training loss of each epoch, with the temporary head of the task.',
      x: { label: 'epoch', values: Array.from({ length: epochs }, (_, i) => i + 1) },
      y: 'loss',
      series: tuned.map(({ name, losses }) => ({
        label: name,
        values: Array.from({ length: epochs }, (_, i) => losses[i] ?? null),
      })),
    },
  ];
}

function wholeCosine(a: Tuned, b: Tuned, pair: Pair, layers: readonly number[]): number | null {
  const { whole } = pair;
  if (whole === null) return null;
  const sum = (values: readonly number[]): number =>
    layers.reduce((total, layer) => total + values[layer]!, 0);
  return cosine(sum(whole), sum(a.delta.whole), sum(b.delta.whole));
}

function maskedCosine(a: Tuned, b: Tuned, pair: Pair, layers: readonly number[]): number | null {
  const sum = (value: (layer: number) => number): number =>
    layers.reduce((total, layer) => total + value(layer), 0);
  return cosine(
    sum((layer) => pair.masked[layer]!.product),
    sum((layer) => a.delta.masked[layer]!.square),
    sum((layer) => b.delta.masked[layer]!.square),
  );
}

function meanOverPairs(
  tuned: readonly Tuned[],
  value: (a: Tuned, b: Tuned, pair: Pair) => number | null,
): number | null {
  const found: number[] = [];
  for (const b of tuned) {
    for (const pair of b.delta.pairs) {
      const a = tuned.find(({ task }) => task === pair.task);
      const cos = a === undefined ? null : value(a, b, pair);
      if (cos !== null) found.push(cos);
    }
  }
  return found.length === 0 ? null : found.reduce((sum, x) => sum + x, 0) / found.length;
}

function rounded(x: number): number {
  return Number(x.toPrecision(4));
}
