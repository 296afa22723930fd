/**
 * Image datasets, streams of experiences cut from them, and the embedded icon benchmark.
 *
 * @packageDocumentation
 */
export { cifar10, cifar100 } from './cifar/cifar.ts';
export type { Cifar100Options, CifarOptions } from './cifar/cifar.ts';
export { datasetCatalog } from './catalog/catalog.ts';
export { downloadBytes } from './catalog/descriptor.ts';
export type { DatasetDescriptor, PublishedFile } from './catalog/descriptor.ts';
export type { Checksum } from './fetch/checksum.ts';
export { fewShot } from './few-shot.ts';
export type { FewerShots, FewShotOptions } from './few-shot.ts';
export { iconBench } from './icon-bench.ts';
export type { IconBenchOptions } from './icon-bench.ts';
export { hf } from './hugging-face/hf.ts';
export type { HfOptions } from './hugging-face/hf.ts';
export { imageFolder } from './image-folder/image-folder.ts';
export type { ImageFolderOptions } from './image-folder/image-folder.ts';
export type { FractionOptions, PublishedOptions, ValidationOptions } from './published/common.ts';
export { aircraft, cars, flowers, sun397 } from './published/coop.ts';
export { caltech101, dtd, eurosat, food101, pets } from './published/coop-or-own.ts';
export type { FolderOptions, ListedOptions } from './published/coop-or-own.ts';
export { cub200 } from './published/cub.ts';
export { imagenetA, imagenetR, tinyImagenet } from './published/imagenet.ts';
export type { ImagenetAOptions, ImagenetROptions } from './published/imagenet.ts';
export { mnist } from './published/mnist.ts';
export {
  datasetState,
  fetchDataset,
  importDataset,
  publishedDataset,
  verifyDataset,
} from './source/manage.ts';
export type { DatasetState, FileCheck } from './source/manage.ts';
export type { SourceOptions } from './source/options.ts';
export { imageList } from './image-list/image-list.ts';
export type { ImageListOptions } from './image-list/image-list.ts';
export type { OwnOptions } from './image-folder/own-options.ts';
export { splitByDomain } from './split-by-domain.ts';
export { classIncremental, taskIncremental } from './streams/class-incremental.ts';
export type { ClassIncrementalOptions } from './streams/class-incremental.ts';
export type { ClassOrder } from './streams/class-order.ts';
export { mtil, xTail } from './streams/cross-domain.ts';
export type { CrossDomainOptions } from './streams/cross-domain.ts';
export { domainIncremental } from './streams/domain-incremental.ts';
export type { ShotOptions } from './streams/cut.ts';
