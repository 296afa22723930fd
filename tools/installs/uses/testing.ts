import { metricChecks, syntheticStream } from '@cl/testing';
import { defineMetric } from '@cl/hub';

const schema = {
  '~standard': {
    version: 1,
    vendor: 'me',
    validate: (value: unknown) => ({ value: value as object }),
  },
} as const;
const compute = () => 1;
const metric = defineMetric({
  name: 'one',
  description: 'Always one.',
  label: 'One',
  formula: '1',
  better: 'higher',
  defaults: {},
  help: {},
  schema,
  compute,
});
console.log(metricChecks(metric).length > 5, syntheticStream().experiences.length > 1);
// prints true true
