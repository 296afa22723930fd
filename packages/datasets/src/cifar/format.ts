/**
 * The published archives of CIFAR (https://www.cs.toronto.edu/~kriz/cifar.html, "binary version"): what they hold and
 * their checksums. The page publishes MD5; the SHA-256 of the same files are those that other libraries record.
 */
export interface CifarFormat {
  readonly name: 'cifar10' | 'cifar100';
  readonly url: string;
  /** Of the archive: `md5` as published, `sha256` of that file, its size. */
  readonly md5: string;
  readonly sha256: string;
  readonly bytes: number;
  /** The folder inside the archive. */
  readonly folder: string;
  /** Files of records with the number of images that each has. */
  readonly train: Readonly<Record<string, number>>;
  readonly test: Readonly<Record<string, number>>;
  /** Label bytes before the 3,072 pixel bytes of a record: CIFAR-100 has the coarse label, then the fine one. */
  readonly labelBytes: number;
  /** For each set of labels: its place in a record, the file of its names, one a line, and how many there are. */
  readonly labels: Readonly<Partial<Record<'fine' | 'coarse', CifarLabels>>>;
}

/** One set of labels. */
export interface CifarLabels {
  readonly at: number;
  readonly file: string;
  readonly count: number;
}

/** Bytes of an image: 1,024 of red, of green, of blue, row by row. */
export const pixelBytes = 3072;

/** CIFAR-10: 6,000 images of each of ten classes. */
export const cifar10Format: CifarFormat = {
  name: 'cifar10',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  bytes: 170_052_171,
  folder: 'cifar-10-batches-bin',
  train: Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, 10_000])),
  test: { 'test_batch.bin': 10_000 },
  labelBytes: 1,
  labels: { fine: { at: 0, file: 'batches.meta.txt', count: 10 } },
};

/** CIFAR-100: 600 images of each of a hundred classes in twenty groups. */
export const cifar100Format: CifarFormat = {
  name: 'cifar100',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
  md5: '03b5dce01913d631647c71ecec9e9cb8',
  sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
  bytes: 168_513_733,
  folder: 'cifar-100-binary',
  train: { 'train.bin': 50_000 },
  test: { 'test.bin': 10_000 },
  labelBytes: 2,
  labels: {
    coarse: { at: 0, file: 'coarse_label_names.txt', count: 20 },
    fine: { at: 1, file: 'fine_label_names.txt', count: 100 },
  },
};

/** The largest size that each file of an extracted archive may have, by name. */
export function fileLimits(format: CifarFormat): ReadonlyMap<string, number> {
  const record = format.labelBytes + pixelBytes;
  const limits = new Map<string, number>();
  for (const [file, images] of Object.entries({ ...format.train, ...format.test })) {
    limits.set(file, images * record);
  }
  for (const { file } of Object.values(format.labels)) limits.set(file, 65_536);
  return limits;
}
