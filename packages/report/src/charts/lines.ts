/** Lines over common points: one a learner or series, with a band where there are several seeds. */
import type { Html } from '../html.ts';
import { markOf, type Marked } from '../parts/marker.ts';
import { renderChart, standIn } from './render.ts';

/** A point of a line. */
interface LinePoint {
  readonly value: number;
  /** Half the height of the band. */
  readonly deviation?: number | undefined;
}

/** A line. */
interface Line {
  readonly marked: Marked;
  /** One an entry of the axis; `undefined`: the line has a gap. */
  readonly points: readonly (LinePoint | undefined)[];
}

/** A chart of lines. Its axes have no titles: what surrounds the chart says what they are. */
export interface LineChart {
  /** Numbers stand where they belong, words stand side by side. */
  readonly x: readonly (number | string)[];
  /** For numbers over 0 of several orders of magnitude. */
  readonly scale?: 'linear' | 'log' | undefined;
  readonly lines: readonly Line[];
}

/**
 * Draws lines. They enter Vega as `L0`, `L1`, …, and words of the axis as stand-ins, so that no text of others does.
 *
 * @param chart - the lines over their axis.
 * @param description - the text alternative.
 */
export async function lineChart(chart: LineChart, description: string): Promise<Html> {
  const { lines } = chart;
  const numeric = chart.x.every((value) => typeof value === 'number');
  const positions = chart.x.map((value, i) => (numeric ? value : standIn(i, String(value))));
  const points = lines.flatMap((line, k) =>
    line.points.map((point, i) => {
      const { value = null, deviation = 0 } = point ?? {};
      const [low, high] = value === null ? [null, null] : [value - deviation, value + deviation];
      return { line: `L${k}`, at: positions[i], value, low, high };
    }),
  );
  const marks = lines.map(({ marked }) => markOf(marked));
  const domain = lines.map((_, k) => `L${k}`);
  const by = (range: readonly unknown[]): object => {
    return { field: 'line', type: 'nominal', scale: { domain, range }, legend: null };
  };
  const colour = by(marks.map((mark) => mark.colour));
  const y = {
    type: 'quantitative',
    axis: { title: null, tickCount: 5, domain: false, ticks: false },
  };
  const x = axisOf(positions, chart.scale);
  return renderChart(
    {
      width: 310,
      height: 200,
      padding: { left: 2, right: 6, top: 6, bottom: 2 },
      data: { values: points },
      layer: [
        {
          mark: { type: 'area', opacity: 0.16, invalid: 'break-paths-filter-domains' },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, fill: colour },
        },
        {
          mark: { type: 'line', strokeWidth: 2, invalid: 'break-paths-filter-domains' },
          encoding: {
            x,
            y: { ...y, field: 'value', scale: { zero: false, nice: true } },
            stroke: colour,
            strokeDash: by(marks.map(({ dash }) => (dash.length > 0 ? dash : [1, 0]))),
          },
        },
        {
          mark: { type: 'point', filled: true, size: 34, opacity: 1, invalid: 'filter' },
          encoding: {
            x,
            y: { ...y, field: 'value' },
            fill: colour,
            shape: by(marks.map(({ shape }) => shape)),
          },
        },
      ],
    },
    description,
    chart.x.map(String),
  );
}

function axisOf(positions: LineChart['x'], type: LineChart['scale'] = 'linear'): object {
  const axis = { title: null, grid: false };
  const numbers = positions.filter((value) => typeof value === 'number');
  if (numbers.length < positions.length) {
    return {
      field: 'at',
      type: 'ordinal',
      scale: { domain: positions },
      axis: { ...axis, labelAngle: positions.length > 5 ? -40 : 0, labelLimit: 110 },
    };
  }
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const whole = numbers.every((value) => Number.isInteger(value)) && type === 'linear';
  return {
    field: 'at',
    type: 'quantitative',
    scale: { type, domain: [low, high > low ? high : low + 1], nice: false },
    axis: whole
      ? { ...axis, format: 'd', tickMinStep: 1, tickCount: 10 }
      : { ...axis, tickCount: 6 },
  };
}
