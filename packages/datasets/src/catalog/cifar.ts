/**
 * The archives of CIFAR (https://www.cs.toronto.edu/~kriz/cifar.html, "binary version"). The page publishes MD5; the
 * SHA-256 of the same files are those that other libraries record. Neither was fetched to check them.
 */
import type { DatasetDescriptor } from './descriptor.ts';

const license = 'No licence stated by the authors; the page asks users to cite the report';
const citation =
  'A. Krizhevsky. Learning Multiple Layers of Features from Tiny Images. Technical report, 2009';
const homepage = 'https://www.cs.toronto.edu/~kriz/cifar.html';

export const cifar10Files: DatasetDescriptor = {
  name: 'cifar10',
  title: 'CIFAR-10',
  license,
  citation,
  homepage,
  classes: 10,
  train: 50_000,
  test: 10_000,
  diskBytes: 184_400_000,
  files: [
    {
      name: 'cifar-10-binary.tar.gz',
      bytes: 170_052_171,
      checksum: {
        sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
        md5: 'c32a1d4ab5d03f1284b67883e8d87530',
      },
      urls: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'],
      root: 'cifar-10-batches-bin',
      mark: 'data_batch_1.bin',
    },
  ],
  folders: ['cifar-10-batches-bin'],
  templates: ['a photo of a {}.'],
};

export const cifar100Files: DatasetDescriptor = {
  name: 'cifar100',
  title: 'CIFAR-100',
  license,
  citation,
  homepage,
  classes: 100,
  train: 50_000,
  test: 10_000,
  diskBytes: 184_500_000,
  files: [
    {
      name: 'cifar-100-binary.tar.gz',
      bytes: 168_513_733,
      checksum: {
        sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
        md5: '03b5dce01913d631647c71ecec9e9cb8',
      },
      urls: ['https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz'],
      root: 'cifar-100-binary',
      mark: 'train.bin',
    },
  ],
  folders: ['cifar-100-binary'],
  templates: ['a photo of a {}.'],
};
