/**
 * The datasets that CoOp gathered (Zhou et al., "Learning to Prompt for Vision-Language Models", IJCV 2022) and X-TAIL and
 * MTIL take their domains from. Sizes and SHA-256 are those that TensorFlow Datasets records for the authors' archives,
 * MD5 those of torchvision; numbers of images are CoOp's. None of the archives was fetched to check them.
 */
import { coopSplit } from './coop-splits.ts';
import type { DatasetDescriptor } from './descriptor.ts';

const vgg = 'https://www.robots.ox.ac.uk/~vgg/data';

export const aircraft: DatasetDescriptor = {
  name: 'aircraft',
  title: 'FGVC-Aircraft',
  license: 'For non-commercial research, as its authors ask',
  citation: 'S. Maji et al. Fine-Grained Visual Classification of Aircraft. arXiv 1306.5151, 2013',
  homepage: `${vgg}/fgvc-aircraft/`,
  classes: 100,
  train: 3334,
  test: 3333,
  diskBytes: 2_760_000_000,
  files: [
    {
      name: 'fgvc-aircraft-2013b.tar.gz',
      bytes: 2_750_000_000,
      checksum: { md5: 'd4acdd33327262359767eeaa97a4f732' },
      urls: [`${vgg}/fgvc-aircraft/archives/fgvc-aircraft-2013b.tar.gz`],
      root: 'fgvc-aircraft-2013b/data',
      mark: 'images_variant_train.txt',
    },
  ],
  folders: ['fgvc_aircraft', 'fgvc-aircraft-2013b/data'],
  templates: ['a photo of a {}, a type of aircraft.'],
};

export const caltech101: DatasetDescriptor = {
  name: 'caltech-101',
  title: 'Caltech-101',
  license: 'CC-BY-4.0',
  citation:
    'L. Fei-Fei et al. Learning Generative Visual Models from Few Training Examples. CVPR workshop, 2004',
  homepage: 'https://data.caltech.edu/records/mzrjq-6wc02',
  classes: 100,
  train: 4128,
  test: 2465,
  diskBytes: 150_000_000,
  files: [
    {
      name: 'caltech-101.zip',
      bytes: 137_400_000,
      checksum: { md5: '3138e1922a9193bfa496528edbbc45d0' },
      urls: ['https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip'],
      inner: 'caltech-101/101_ObjectCategories.tar.gz',
      mark: '101_ObjectCategories',
    },
    coopSplit('Caltech101'),
  ],
  folders: ['caltech-101', 'caltech101'],
  templates: ['a photo of a {}.'],
};

export const dtd: DatasetDescriptor = {
  name: 'dtd',
  title: 'Describable Textures',
  license: 'For research, as its authors say',
  citation: 'M. Cimpoi et al. Describing Textures in the Wild. CVPR, 2014',
  homepage: `${vgg}/dtd/`,
  classes: 47,
  train: 2820,
  test: 1692,
  diskBytes: 640_000_000,
  files: [
    {
      name: 'dtd-r1.0.1.tar.gz',
      bytes: 625_239_812,
      checksum: {
        sha256: 'e42855a52a4950a3b59612834602aa253914755c95b0cff9ead6d07395f8e205',
        md5: 'fff73e5086ae6bdbea199a49dfb8a4c1',
      },
      urls: [`${vgg}/dtd/download/dtd-r1.0.1.tar.gz`],
      root: 'dtd',
      mark: 'images',
    },
    coopSplit('DescribableTextures'),
  ],
  folders: ['dtd', 'dtd/dtd'],
  templates: ['{} texture.'],
};

export const eurosat: DatasetDescriptor = {
  name: 'eurosat',
  title: 'EuroSAT (RGB)',
  license: 'MIT',
  citation:
    'P. Helber et al. EuroSAT: A Novel Dataset and Deep Learning Benchmark. IEEE JSTARS, 2019',
  homepage: 'https://github.com/phelber/EuroSAT',
  classes: 10,
  train: 13_500,
  test: 8100,
  diskBytes: 97_000_000,
  files: [
    {
      name: 'EuroSAT.zip',
      bytes: 94_280_567,
      checksum: {
        sha256: '8ebea626349354c5328b142b96d0430e647051f26efc2dc974c843f25ecf70bd',
        md5: 'c8fa014336c82ac7804f0398fcb19387',
      },
      urls: [
        'https://huggingface.co/datasets/torchgeo/eurosat/resolve/c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip',
        'https://madm.dfki.de/files/sentinel/EuroSAT.zip',
      ],
      mark: '2750',
    },
    coopSplit('EuroSAT'),
  ],
  folders: ['eurosat'],
  templates: ['a centered satellite photo of {}.'],
};

export const flowers: DatasetDescriptor = {
  name: 'flowers',
  title: 'Oxford 102 Flowers',
  license: 'No licence stated by the authors',
  citation:
    'M.-E. Nilsback, A. Zisserman. Automated Flower Classification over a Large Number of Classes. ICVGIP, 2008',
  homepage: `${vgg}/flowers/102/`,
  classes: 102,
  train: 4093,
  test: 2463,
  diskBytes: 350_000_000,
  files: [
    {
      name: '102flowers.tgz',
      bytes: 344_862_509,
      checksum: {
        sha256: '2d01ecc807db462958cfe3d92f57a8c252b4abd240eb955770201e45f783b246',
        md5: '52808999861908f626f3c1f4e79d11fa',
      },
      urls: [`${vgg}/flowers/102/102flowers.tgz`],
      mark: 'jpg',
    },
    coopSplit('OxfordFlowers'),
  ],
  folders: ['oxford_flowers', 'flowers-102'],
  templates: ['a photo of a {}, a type of flower.'],
};

export const food101: DatasetDescriptor = {
  name: 'food-101',
  title: 'Food-101',
  license: 'Images belong to their owners; scientific fair use only, as the authors say',
  citation:
    'L. Bossard et al. Food-101: Mining Discriminative Components with Random Forests. ECCV, 2014',
  homepage: 'https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/',
  classes: 101,
  train: 50_500,
  test: 30_300,
  diskBytes: 5_100_000_000,
  files: [
    {
      name: 'food-101.tar.gz',
      bytes: 4_996_278_331,
      checksum: {
        sha256: 'd97d15e438b7f4498f96086a4f7e2fa42a32f2712e87d3295441b2b6314053a4',
        md5: '85eeb15f3717b99a5da872d97d918f87',
      },
      urls: ['https://data.vision.ee.ethz.ch/cvl/food-101.tar.gz'],
      root: 'food-101',
      mark: 'images',
    },
    coopSplit('Food101'),
  ],
  folders: ['food-101', 'food101'],
  templates: ['a photo of {}, a type of food.'],
};

export const pets: DatasetDescriptor = {
  name: 'pets',
  title: 'Oxford-IIIT Pets',
  license: 'CC-BY-SA-4.0',
  citation: 'O. M. Parkhi et al. Cats and Dogs. CVPR, 2012',
  homepage: `${vgg}/pets/`,
  classes: 37,
  train: 2944,
  test: 3669,
  diskBytes: 850_000_000,
  files: [
    {
      name: 'images.tar.gz',
      bytes: 791_918_971,
      checksum: {
        sha256: '67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d',
        md5: '5c4f3ee8e5d25df40f4fd59a7f44e54c',
      },
      urls: [
        `${vgg}/pets/data/images.tar.gz`,
        'https://thor.robots.ox.ac.uk/~vgg/data/pets/images.tar.gz',
      ],
      mark: 'images',
    },
    {
      name: 'annotations.tar.gz',
      bytes: 19_173_078,
      checksum: {
        sha256: '52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91',
        md5: '95a8c909bbe2e81eed6a22bccdf3f68f',
      },
      urls: [
        `${vgg}/pets/data/annotations.tar.gz`,
        'https://thor.robots.ox.ac.uk/~vgg/data/pets/annotations.tar.gz',
      ],
      mark: 'annotations',
    },
    coopSplit('OxfordPets'),
  ],
  folders: ['oxford_pets', 'oxford-iiit-pet'],
  templates: ['a photo of a {}, a type of pet.'],
};

function carsUrls(name: string): readonly string[] {
  return [
    `https://huggingface.co/datasets/tanganke/stanford_cars/resolve/main/${name}`,
    `https://ai.stanford.edu/~jkrause/car196/${name}`,
  ];
}

export const cars: DatasetDescriptor = {
  name: 'cars',
  title: 'Stanford Cars',
  license: 'No licence stated by the authors',
  citation:
    'J. Krause et al. 3D Object Representations for Fine-Grained Categorization. 3dRR, 2013',
  homepage: 'https://ai.stanford.edu/~jkrause/cars/car_dataset.html',
  classes: 196,
  train: 6509,
  test: 8041,
  diskBytes: 1_980_000_000,
  // The authors' server has answered 404 since 2023 (pytorch/vision issue 7545).
  files: [
    {
      name: 'cars_train.tgz',
      bytes: 979_269_282,
      checksum: {
        sha256: '512b227b30e2f0a8aab9e09485786ab4479582073a144998da74d64b801fd288',
        md5: '065e5b463ae28d29e77c1b4b166cfe61',
      },
      urls: carsUrls('cars_train.tgz'),
      mark: 'cars_train',
    },
    {
      name: 'cars_test.tgz',
      bytes: 977_350_468,
      checksum: {
        sha256: 'bffea656d6f425cba3c91c6d83336e4c5f86c6cffd8975b0f375d3a10da8e243',
        md5: '4ce7ebf6a94d07f1952d94dd34c4d501',
      },
      urls: carsUrls('cars_test.tgz'),
      mark: 'cars_test',
    },
    coopSplit('StanfordCars'),
  ],
  folders: ['stanford_cars'],
  templates: ['a photo of a {}.'],
};

export const sun397: DatasetDescriptor = {
  name: 'sun397',
  title: 'SUN397',
  license: 'No licence stated by the authors',
  citation:
    'J. Xiao et al. SUN Database: Large-scale Scene Recognition from Abbey to Zoo. CVPR, 2010',
  homepage: 'https://vision.princeton.edu/projects/2010/SUN/',
  classes: 397,
  train: 15_880,
  test: 19_850,
  diskBytes: 39_200_000_000,
  files: [
    {
      name: 'SUN397.tar.gz',
      bytes: 39_077_296_924,
      checksum: {
        sha256: 'f404130965a7ad77bed5ececc71e720ab50f3cc1e1bb257257610d38f3b928ec',
        md5: '8ca2778205c41d23104230ba66911c7a',
      },
      urls: [
        'https://vision.princeton.edu/projects/2010/SUN/SUN397.tar.gz',
        'http://vision.princeton.edu/projects/2010/SUN/SUN397.tar.gz',
      ],
      mark: 'SUN397',
    },
    coopSplit('SUN397'),
  ],
  folders: ['sun397', 'SUN397'],
  templates: ['a photo of a {}.'],
};
