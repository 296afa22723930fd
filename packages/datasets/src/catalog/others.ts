/**
 * Datasets of class-incremental papers and MNIST. Sizes and SHA-256 are those that TensorFlow Datasets records for the
 * authors' archives (Tiny ImageNet: several public projects), MD5 those of torchvision and others; CODA-Prompt's lists were
 * read and summed. None of the archives was fetched to check them.
 */
import type { DatasetDescriptor, PublishedFile } from './descriptor.ts';

export const mnist: DatasetDescriptor = {
  name: 'mnist',
  title: 'MNIST',
  license: 'No licence stated by the authors (often passed on as CC-BY-SA-3.0)',
  citation:
    'Y. LeCun et al. Gradient-Based Learning Applied to Document Recognition. Proc. IEEE, 1998',
  homepage: 'http://yann.lecun.com/exdb/mnist/',
  classes: 10,
  train: 60_000,
  test: 10_000,
  diskBytes: 54_950_048,
  files: [
    idx('train-images-idx3-ubyte', 9_912_422, {
      sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
      md5: 'f68b3c2dcbeaaa9fbdd348bbdeb94873',
    }),
    idx('train-labels-idx1-ubyte', 28_881, {
      sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
      md5: 'd53e105ee54ea40749a09fcbcd1e9432',
    }),
    idx('t10k-images-idx3-ubyte', 1_648_877, {
      sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
      md5: '9fb629c4189551a2d022fa330f9573f3',
    }),
    idx('t10k-labels-idx1-ubyte', 4542, {
      sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
      md5: 'ec29112dd5afa0611ce80d1b7f02629c',
    }),
  ],
  folders: ['MNIST/raw', 'mnist', 'mnist/MNIST/raw', 'raw'],
  templates: ['a photo of the number: "{}".'],
};

function idx(mark: string, bytes: number, checksum: PublishedFile['checksum']): PublishedFile {
  const name = `${mark}.gz`;
  return {
    name,
    bytes,
    checksum,
    urls: [
      `https://ossci-datasets.s3.amazonaws.com/mnist/${name}`,
      `https://storage.googleapis.com/cvdf-datasets/mnist/${name}`,
      `http://yann.lecun.com/exdb/mnist/${name}`,
    ],
    mark,
  };
}

/** The lists of training and test images that CODA-Prompt publishes and VQ-Prompt uses: 24,000 and 6,000. */
const codaLists = (['train', 'test'] as const).map((part): PublishedFile => {
  const name = `imagenet-r_${part}.yaml`;
  return {
    name,
    bytes: part === 'train' ? 1_137_662 : 284_216,
    checksum: {
      sha256:
        part === 'train'
          ? '6bcaa14ca9359915ac3a44c48ae71388146385686eb15da79a37844421a0b845'
          : '57275ac242d68983a4f39ccb81ec34f48b1bd920b9cd79e6e8040d7c042db02a',
    },
    urls: [
      `https://raw.githubusercontent.com/GT-RIPL/CODA-Prompt/6417d4f68754be68b697c7ca2323ee61e791e1a3/dataloaders/splits/${name}`,
    ],
    mark: name,
  };
});

export const imagenetR: DatasetDescriptor = {
  name: 'imagenet-r',
  title: 'ImageNet-R',
  license: 'MIT for the collection; the images belong to their owners',
  citation: 'D. Hendrycks et al. The Many Faces of Robustness. ICCV, 2021',
  homepage: 'https://github.com/hendrycks/imagenet-r',
  classes: 200,
  train: 24_000,
  test: 6000,
  diskBytes: 2_200_000_000,
  files: [
    {
      name: 'imagenet-r.tar',
      bytes: 2_191_079_936,
      checksum: {
        sha256: '18c6bf493b39a0d975d48e587437f562caab9c52ae6327dcfa9dd8eb54aa1b52',
        md5: 'a61312130a589d0ca1a8fca1f2bd3337',
      },
      urls: ['https://people.eecs.berkeley.edu/~hendrycks/imagenet-r.tar'],
      root: 'imagenet-r',
      mark: 'n01443537',
    },
    ...codaLists,
  ],
  folders: ['imagenet-r', 'imagenet-rendition/imagenet-r'],
  templates: ['a photo of a {}.'],
};

export const imagenetA: DatasetDescriptor = {
  name: 'imagenet-a',
  title: 'ImageNet-A',
  license: 'MIT for the collection; the images belong to their owners',
  citation: 'D. Hendrycks et al. Natural Adversarial Examples. CVPR, 2021',
  homepage: 'https://github.com/hendrycks/natural-adv-examples',
  classes: 200,
  train: 6000,
  test: 1500,
  diskBytes: 690_000_000,
  files: [
    {
      name: 'imagenet-a.tar',
      bytes: 687_552_512,
      checksum: {
        sha256: '3bb3632277e6ba6392ea64c02ddbf4dd2266c9caffd6bc09c9656d28f012589e',
        md5: 'c3e55429088dc681f30d81f4726b6595',
      },
      urls: ['https://people.eecs.berkeley.edu/~hendrycks/imagenet-a.tar'],
      root: 'imagenet-a',
      mark: 'n01498041',
    },
  ],
  folders: ['imagenet-a', 'imagenet-adversarial/imagenet-a'],
  templates: ['a photo of a {}.'],
};

export const cub200: DatasetDescriptor = {
  name: 'cub-200',
  title: 'Caltech-UCSD Birds 200-2011',
  license: 'No licence stated by the authors; the images belong to their owners',
  citation: 'C. Wah et al. The Caltech-UCSD Birds-200-2011 Dataset. Technical report, 2011',
  homepage: 'https://data.caltech.edu/records/65de6-vp158',
  classes: 200,
  train: 5994,
  test: 5794,
  diskBytes: 1_200_000_000,
  files: [
    {
      name: 'CUB_200_2011.tgz',
      bytes: 1_150_585_339,
      checksum: {
        sha256: '0c685df5597a8b24909f6a7c9db6d11e008733779a671760afef78feb49bf081',
        md5: '97eceeb196236b17998738112f37df78',
      },
      urls: [
        'https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz',
        'http://www.vision.caltech.edu/visipedia-data/CUB-200-2011/CUB_200_2011.tgz',
      ],
      root: 'CUB_200_2011',
      mark: 'train_test_split.txt',
    },
  ],
  folders: ['CUB_200_2011', 'cub/CUB_200_2011', 'cub'],
  templates: ['a photo of a {}, a type of bird.'],
};

export const tinyImagenet: DatasetDescriptor = {
  name: 'tiny-imagenet',
  title: 'Tiny ImageNet',
  license: 'For non-commercial research and education, as ImageNet',
  citation: 'Y. Le, X. Yang. Tiny ImageNet Visual Recognition Challenge. Stanford CS 231N, 2015',
  homepage: 'http://cs231n.stanford.edu/',
  classes: 200,
  train: 100_000,
  test: 10_000,
  diskBytes: 248_100_043,
  files: [
    {
      name: 'tiny-imagenet-200.zip',
      bytes: 248_100_043,
      checksum: {
        sha256: '6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821',
        md5: '90528d7ca1a48142e341f4ef8d21d0de',
      },
      urls: [
        'https://cs231n.stanford.edu/tiny-imagenet-200.zip',
        'http://cs231n.stanford.edu/tiny-imagenet-200.zip',
      ],
      root: 'tiny-imagenet-200',
      mark: 'wnids.txt',
    },
  ],
  folders: ['tiny-imagenet-200'],
  templates: ['a photo of a {}.'],
};
