/** The flags of `cl run` and `cl compare`, and what both share. */
import type { ArgsDef } from 'citty';

/** What takes part and on what. */
const partArgs: ArgsDef = {
  dataset: { type: 'string', description: 'default icon-bench; repeatable', valueHint: 'plugin' },
  backbone: {
    type: 'string',
    description: 'default tiny-clip; also a Hub id or a folder',
    valueHint: 'name',
  },
  learner: {
    type: 'string',
    description: 'such as rail@dual,ridge=0.1; repeatable',
    valueHint: 'plugin',
  },
  sweep: {
    type: 'string',
    description: 'a learner once for each value: rail.ridge=0.1,1,10',
    valueHint: 'option=values',
  },
};

/** How and where. */
const settingArgs: ArgsDef = {
  shots: { type: 'string', description: 'training images a class; 0 takes all', valueHint: 'n' },
  device: {
    type: 'string',
    description: 'auto, cpu, webgpu, cuda, dml, coreml',
    valueHint: 'name',
  },
  dtype: { type: 'string', description: 'weights: fp32, fp16, q8, …', valueHint: 'type' },
  metric: {
    type: 'string',
    description: 'beside those of the toolkit; repeatable',
    valueHint: 'plugin',
  },
  config: {
    type: 'string',
    description: 'default cl.config.ts, if there is one',
    valueHint: 'file',
  },
  name: { type: 'string', description: 'the run’s name and folder', valueHint: 'name' },
  out: { type: 'string', description: 'folder of the runs; default runs', valueHint: 'folder' },
  'cache-dir': { type: 'string', description: 'models and features', valueHint: 'folder' },
  keep: {
    type: 'string',
    description: 'saved learners: last (default) or all',
    valueHint: 'which',
  },
  jobs: {
    type: 'string',
    description: 'trials at a time, each with its share of the cores; default 1',
    valueHint: 'n',
  },
  fresh: { type: 'boolean', description: 'start over, even an unfinished or another run' },
  'skip-broken': { type: 'boolean', description: 'leave out images that cannot be decoded' },
  json: { type: 'boolean', description: 'print nothing but the result, as JSON' },
  debug: { type: 'boolean', description: 'show where an error comes from' },
};

/** Of `cl run`. */
export const runArgs: ArgsDef = {
  recipe: {
    type: 'positional',
    description: 'settings of a published table, such as rail-x-tail@embedded',
    required: false,
  },
  preset: { type: 'string', description: 'a whole run: embedded', valueHint: 'name' },
  stream: { type: 'string', description: 'default x-tail', valueHint: 'plugin' },
  ...partArgs,
  seeds: { type: 'string', description: 'default 0', valueHint: '0,1,2' },
  reporter: {
    type: 'string',
    description: 'beside the report page; repeatable',
    valueHint: 'plugin',
  },
  ...settingArgs,
};

/** Of `cl compare`. */
export const compareArgs: ArgsDef = {
  preset: { type: 'string', description: 'a whole comparison: embedded', valueHint: 'name' },
  stream: { type: 'string', description: 'default x-tail; repeatable', valueHint: 'plugin' },
  ...partArgs,
  seeds: { type: 'string', description: 'default 0,1,2', valueHint: '0,1,2' },
  ...settingArgs,
};
