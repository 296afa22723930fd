/**
 * The plugins alone: what reads a dataset is loaded once it is asked for.
 *
 * @packageDocumentation
 */
export { cifar10, cifar100 } from './cifar/cifar.ts';
export { iconBench } from './icon-bench.ts';
export { hf } from './hugging-face/hf.ts';
export { imageFolder } from './image-folder/image-folder.ts';
export { imageList } from './image-list/image-list.ts';
export { aircraft, cars, flowers, sun397 } from './published/coop.ts';
export { caltech101, dtd, eurosat, food101, pets } from './published/coop-or-own.ts';
export { cub200 } from './published/cub.ts';
export { imagenetA, imagenetR, tinyImagenet } from './published/imagenet.ts';
export { mnist } from './published/mnist.ts';
export { classIncremental, taskIncremental } from './streams/class-incremental.ts';
export { mtil, xTail } from './streams/cross-domain.ts';
export { domainIncremental } from './streams/domain-incremental.ts';
