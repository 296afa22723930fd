/** Curves over experiences: one line a learner, a band where there are several seeds. */
import type { Html } from '../html.ts';
import type { LearnerView } from '../model.ts';
import { markOf } from '../parts/marker.ts';
import type { Spread } from '../spread.ts';
import { renderChart } from './render.ts';

/** A learner's curve over its seeds. */
export interface CurveOf {
  readonly learner: LearnerView;
  /** One an experience. */
  readonly spreads: readonly (Spread | undefined)[];
}

interface Point {
  readonly learner: string;
  readonly step: number;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Draws curves in percent. Learners enter Vega as `L0`, `L1`, … so that no name of theirs does.
 *
 * @param curves - one a learner.
 * @param description - the text alternative.
 */
export async function curveChart(curves: readonly CurveOf[], description: string): Promise<Html> {
  const points = curves.flatMap(({ learner, spreads }) =>
    spreads.map((spread, i): Point => {
      const value = spread === undefined ? null : spread.mean * 100;
      const deviation = (spread?.deviation ?? 0) * 100;
      const low = value === null ? null : value - deviation;
      const high = value === null ? null : value + deviation;
      return { learner: `L${learner.index}`, step: i + 1, value, low, high };
    }),
  );
  const steps = Math.max(...curves.map(({ spreads }) => spreads.length));
  const marks = curves.map(({ learner }) => markOf(learner));
  const domain = curves.map(({ learner }) => `L${learner.index}`);
  const range = marks.map(({ colour }) => colour);
  const y = {
    type: 'quantitative',
    axis: { title: null, tickCount: 5, domain: false, ticks: false },
  };
  const colour = { field: 'learner', type: 'nominal', scale: { domain, range }, legend: null };
  const x = {
    field: 'step',
    type: 'quantitative',
    scale: { domain: [1, Math.max(2, steps)], nice: false },
    axis: { title: 'experiences learned', grid: false, format: 'd', tickMinStep: 1, tickCount: 10 },
  };
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
            strokeDash: {
              field: 'learner',
              type: 'nominal',
              scale: { domain, range: marks.map(({ dash }) => (dash.length > 0 ? dash : [1, 0])) },
              legend: null,
            },
          },
        },
        {
          mark: { type: 'point', filled: true, size: 34, opacity: 1, invalid: 'filter' },
          encoding: {
            x,
            y: { ...y, field: 'value' },
            fill: colour,
            shape: {
              field: 'learner',
              type: 'nominal',
              scale: { domain, range: marks.map(({ shape }) => shape) },
              legend: null,
            },
          },
        },
      ],
    },
    description,
  );
}
