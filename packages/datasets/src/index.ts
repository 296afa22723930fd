/**
 * Image datasets, streams of experiences cut from them, and the embedded icon benchmark.
 *
 * @packageDocumentation
 */
export { cifar10, cifar100 } from './cifar/cifar.ts';
export type { Cifar100Options, CifarOptions } from './cifar/cifar.ts';
export type { CifarSource } from './cifar/locate.ts';
export { fewShot } from './few-shot.ts';
export type { FewerShots, FewShotOptions } from './few-shot.ts';
export { iconBench } from './icon-bench.ts';
export type { IconBenchOptions } from './icon-bench.ts';
export { imageFolder } from './image-folder/image-folder.ts';
export type { ImageFolderOptions } from './image-folder/image-folder.ts';
export { splitByDomain } from './split-by-domain.ts';
export { classIncremental, taskIncremental } from './streams/class-incremental.ts';
export type { ClassIncrementalOptions } from './streams/class-incremental.ts';
export type { ClassOrder } from './streams/class-order.ts';
export { mtil, xTail } from './streams/cross-domain.ts';
export type { CrossDomainOptions } from './streams/cross-domain.ts';
export { domainIncremental } from './streams/domain-incremental.ts';
export type { ShotOptions } from './streams/cut.ts';
