import { cifar10Files, cifar100Files } from './cifar.ts';
import {
  aircraft,
  caltech101,
  cars,
  dtd,
  eurosat,
  flowers,
  food101,
  pets,
  sun397,
} from './coop.ts';
import type { DatasetDescriptor } from './descriptor.ts';
import { cub200, imagenetA, imagenetR, mnist, tinyImagenet } from './others.ts';

/** Every published dataset that has a plugin here, by the plugin's name. */
export const datasetCatalog: readonly DatasetDescriptor[] = [
  aircraft,
  caltech101,
  cars,
  cifar10Files,
  cifar100Files,
  cub200,
  dtd,
  eurosat,
  flowers,
  food101,
  imagenetA,
  imagenetR,
  mnist,
  pets,
  sun397,
  tinyImagenet,
];
