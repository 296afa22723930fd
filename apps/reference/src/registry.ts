/** The plugins that come with the toolkit. */
import { clip, vit } from '@cl/backbone';
import {
  ewc,
  jointRidge,
  linearProbe,
  lwf,
  nearestMean,
  ranpac,
  slda,
  zeroShot,
} from '@cl/baselines';
import {
  cifar10,
  cifar100,
  classIncremental,
  domainIncremental,
  iconBench,
  imageFolder,
  mtil,
  taskIncremental,
  xTail,
} from '@cl/datasets';
import { createRegistry, type Registry } from '@cl/hub';
import { metrics } from '@cl/metrics';
import { rail } from '@cl/rail';
import { htmlReport } from '@cl/report';
import { inline } from '@cl/runner';

/** All of them; a `cl.config.ts` adds its own with `plugins`. */
export const registry: Registry = createRegistry(
  rail,
  zeroShot,
  nearestMean,
  jointRidge,
  slda,
  ranpac,
  linearProbe,
  ewc,
  lwf,
  classIncremental,
  taskIncremental,
  domainIncremental,
  xTail,
  mtil,
  iconBench,
  imageFolder,
  cifar10,
  cifar100,
  clip,
  vit,
  ...metrics,
  htmlReport,
  inline,
);
