/** Points of learners over a cost: one a learner, with a bar of a deviation up and down. */
import type { Html } from '../html.ts';
import { markOf, type Marked } from '../parts/marker.ts';
import { renderChart } from './render.ts';

/** A learner at its cost. */
export interface CostPoint {
  readonly marked: Marked;
  /** Over 0: the axis is logarithmic. */
  readonly cost: number;
  readonly value: number;
  readonly deviation: number;
}

/**
 * Draws points over a logarithmic axis whose ticks are powers of ten.
 *
 * @param points - one a learner.
 * @param format - how the axis prints its numbers: a format of d3.
 * @param description - the text alternative.
 */
export async function costChart(
  points: readonly CostPoint[],
  format: string,
  description: string,
): Promise<Html> {
  const powers = powersAround(points.map(({ cost }) => cost));
  const marks = points.map(({ marked }) => markOf(marked));
  const domain = points.map((_, k) => `L${k}`);
  const by = (range: readonly string[]): object => {
    return { field: 'learner', type: 'nominal', scale: { domain, range }, legend: null };
  };
  const colour = by(marks.map((mark) => mark.colour));
  const x = {
    field: 'cost',
    type: 'quantitative',
    scale: { type: 'log', domain: [powers[0], powers.at(-1)], nice: false },
    axis: { title: null, values: powers, format, grid: true },
  };
  const axis = { title: null, tickCount: 5, domain: false, ticks: false };
  const y = { type: 'quantitative', scale: { zero: false, nice: true }, axis };
  const values = points.map(({ cost, value, deviation }, k) => {
    return { learner: `L${k}`, cost, value, low: value - deviation, high: value + deviation };
  });
  return renderChart(
    {
      width: 310,
      height: 220,
      padding: { left: 2, right: 10, top: 6, bottom: 2 },
      data: { values },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 1.5 },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, stroke: colour },
        },
        {
          mark: { type: 'point', filled: true, size: 90, opacity: 1 },
          encoding: {
            x,
            y: { ...y, field: 'value' },
            fill: colour,
            shape: by(marks.map(({ shape }) => (shape === 'stroke' ? 'square' : shape))),
          },
        },
      ],
    },
    description,
  );
}

/** The powers of ten from below the smallest to above the largest, at most seven of them. */
function powersAround(costs: readonly number[]): readonly number[] {
  const first = Math.floor(Math.log10(Math.min(...costs)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...costs))));
  const step = Math.ceil((last - first) / 6);
  const count = Math.ceil((last - first) / step) + 1;
  return Array.from({ length: count }, (_, k) => 10 ** (first + k * step));
}
