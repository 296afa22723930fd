/** Whole runs by name. */

/** What a run is made of, as text: every part may be overruled by its flag. */
export interface RunPreset {
  readonly help: string;
  readonly stream: string;
  readonly datasets: readonly string[];
  readonly backbone: string;
  readonly learners: readonly string[];
}

/** The presets of `cl run`. */
export const runPresets: Readonly<Record<string, RunPreset>> = {
  embedded: {
    help: 'RAIL beside its baselines on ten domains of icons, with a CLIP that is embedded: no download',
    stream: 'x-tail',
    datasets: ['icon-bench'],
    backbone: 'tiny-clip',
    learners: ['zero-shot', 'nearest-mean', 'rail@primal', 'rail@dual', 'joint-ridge'],
  },
};
