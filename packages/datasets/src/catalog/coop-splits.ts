import type { Checksum } from '../fetch/checksum.ts';
import type { PublishedFile } from './descriptor.ts';

/**
 * CoOp's split files (Zhou et al., IJCV 2022; RAIL and the X-TAIL papers use them). CoOp publishes them on Google Drive
 * without checksums; the checksums here are those of the copies in linzhiqiu/cross_modal_adaptation, read there, whose
 * numbers of images agree with CoOp's tables. Two of them are known by their git blob alone.
 */
export function coopSplit(dataset: SplitName): PublishedFile {
  const { drive, checksum, bytes } = splits[dataset];
  const name = `split_zhou_${dataset}.json`;
  return {
    name,
    mark: name,
    checksum,
    ...(bytes === undefined ? {} : { bytes }),
    urls: [
      `https://raw.githubusercontent.com/linzhiqiu/cross_modal_adaptation/ac9077ee4e422f768c9b9109551468605e33ec9a/splits/${name}`,
      `https://drive.google.com/uc?export=download&id=${drive}`,
    ],
  };
}

interface Split {
  /** The file's id on Google Drive, from CoOp's DATASETS.md. */
  readonly drive: string;
  readonly checksum: Checksum;
  readonly bytes?: number;
}

type SplitName =
  | 'Caltech101'
  | 'DescribableTextures'
  | 'EuroSAT'
  | 'Food101'
  | 'OxfordFlowers'
  | 'OxfordPets'
  | 'StanfordCars'
  | 'SUN397';

const splits: Readonly<Record<SplitName, Split>> = {
  Caltech101: {
    drive: '1hyarUivQE36mY6jSomru6Fjd-JzwcCzN',
    checksum: { sha256: '52ce83205ff8ff8a1a18119aad6376120ae35c36e783a984bc560cbf10e73fa5' },
    bytes: 809_184,
  },
  DescribableTextures: {
    drive: '1u3_QfB467jqHgNXC00UIzbLZRQCg2S7x',
    checksum: { sha256: 'f26ebeccd2b58e68d70f07a0dc39fe49bf7b69024bac34396b954dfd87969c38' },
    bytes: 563_702,
  },
  EuroSAT: {
    drive: '1Ip7yaCWFi0eaOFUGga0lUdVi_DDQth1o',
    checksum: { sha256: '541503a77d0b26b735d85ec7a3e672804fe0aa466c2e5f07da772cc6c0af8ad2' },
    bytes: 3_006_492,
  },
  Food101: {
    drive: '1QK0tGi096I0Ba6kggatX1ee6dJFIcEJl',
    checksum: { gitBlob: '39557040ee6501bd32aa8b5dfd75f7941a32f0a7' },
  },
  OxfordFlowers: {
    drive: '1Pp0sRXzZFZq15zVOzKjKBu4A9i01nozT',
    checksum: { sha256: '2f50c42fc1a17ca13c271cb4269b1347bdb43d2be672e34f74a4e4cbfbcca794' },
    bytes: 771_139,
  },
  OxfordPets: {
    drive: '1501r8Ber4nNKvmlFVQZ8SeUHTcdTTEqs',
    checksum: { sha256: 'd7f3ffe65b3919f95132e51422894ae18686b83c331fd8c0adcdc3dc2de6301e' },
    bytes: 724_217,
  },
  StanfordCars: {
    drive: '1ObCFbaAgVu0I-k_Au-gIUcefirdAuizT',
    checksum: { sha256: '40acee7aa65c8e4727a32d90e884b7c3f8960b523422317e163f7af65432959d' },
    bytes: 1_855_652,
  },
  SUN397: {
    drive: '1y2RD81BYuiyvebdN-JymPfyWYcd8_MUq',
    checksum: { gitBlob: '8d5725db8f70bcf02245665304f863e68f96a24c' },
  },
};
