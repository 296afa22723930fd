/** All that reads published datasets: plugins load it with the first one that is asked for. */
export { assemble, classOf } from '../readers/assemble.ts';
export { readClassFolders } from '../readers/class-folders.ts';
export { readCoopSplit } from '../readers/coop-split.ts';
export { readCubLists } from '../readers/cub.ts';
export { openIdxImages, readIdxLabels } from '../readers/idx.ts';
export {
  readAircraftLists,
  readFoodLists,
  readPetLists,
  readTextureLists,
} from '../readers/text-lists.ts';
export { readTinyImagenet } from '../readers/tiny-imagenet.ts';
export { openDataset } from '../source/open-dataset.ts';
export { readLines } from '../tree/tree.ts';
