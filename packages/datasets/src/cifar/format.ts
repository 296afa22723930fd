/** What the published archives of CIFAR hold (https://www.cs.toronto.edu/~kriz/cifar.html, "binary version"). */
export interface CifarFormat {
  readonly name: 'cifar10' | 'cifar100';
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
  train: Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, 10_000])),
  test: { 'test_batch.bin': 10_000 },
  labelBytes: 1,
  labels: { fine: { at: 0, file: 'batches.meta.txt', count: 10 } },
};

/** CIFAR-100: 600 images of each of a hundred classes in twenty groups. */
export const cifar100Format: CifarFormat = {
  name: 'cifar100',
  train: { 'train.bin': 50_000 },
  test: { 'test.bin': 10_000 },
  labelBytes: 2,
  labels: {
    coarse: { at: 0, file: 'coarse_label_names.txt', count: 20 },
    fine: { at: 1, file: 'fine_label_names.txt', count: 100 },
  },
};
