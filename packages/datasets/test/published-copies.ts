/** Small copies of published datasets in their exact layouts: same archives, same paths, same lists, fewer images. */
import type { Files } from './archives.ts';

/** The archives of a dataset with what is in them. */
export interface Copy {
  /** Published files by name. */
  readonly archives: Readonly<Record<string, Files>>;
  /** The folder that a toolbox extracts them to, below its data folder, and what is left out of their paths there. */
  readonly folder: string;
  readonly strip?: string;
  /** Paths that stand for an image's content. */
  readonly expected: {
    readonly classes: readonly string[];
    readonly train: Readonly<Record<string, string>>;
    readonly test: Readonly<Record<string, string>>;
  };
}

/** The content of an image: its path, so that no two are alike. */
const images = (...paths: readonly string[]): Files =>
  Object.fromEntries(paths.map((path) => [path, `image ${path.split('/').slice(-2).join('/')}`]));

type Row = readonly [path: string, label: number, name: string];
const split = (train: readonly Row[], val: readonly Row[], test: readonly Row[]): string =>
  JSON.stringify({ train, val, test });

/** Images of a class `train`, `val` and `test` of a CoOp split. */
const rows = (label: number, name: string, paths: readonly string[]): readonly Row[] =>
  paths.map((path) => [path, label, name]);

/** A dataset that is its archive and a CoOp split of two classes with three images each. */
function coop(
  split_: string,
  archive: string,
  folder: string,
  inArchive: string,
  classes: readonly (readonly [name: string, id: string, paths: readonly string[]])[],
  more: Files = {},
  strip = '',
): Copy {
  const part = (i: number): readonly Row[] =>
    classes.flatMap(([name, , paths], label) => rows(label, name, [paths[i]!]));
  const ids = (i: number, prefix: string): Record<string, string> =>
    Object.fromEntries(classes.map(([, id, paths]) => [`${prefix}${paths[i]!}`, id]));
  const prefix = strip === '' ? inArchive : inArchive.slice(strip.length + 1);
  return {
    archives: {
      [archive]: {
        ...images(...classes.flatMap(([, , paths]) => paths.map((path) => `${inArchive}${path}`))),
        ...more,
      },
      [`split_zhou_${split_}.json`]: {
        [`split_zhou_${split_}.json`]: split(part(0), part(1), part(2)),
      },
    },
    folder,
    strip,
    expected: {
      classes: classes.map(([, id]) => id),
      train: ids(0, prefix),
      test: ids(2, prefix),
    },
  };
}

const three = (pattern: string): string[] => [1, 2, 3].map((i) => pattern.replace('#', String(i)));

/** MNIST's files: `count` images of 28 × 28 whose first pixel is their number, and labels 0, 1, 2, … */
function idxFiles(part: string, count: number, first: number): Record<string, Files> {
  const header = (magic: number, ...sizes: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * (1 + sizes.length));
    [magic, ...sizes].forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
    return bytes;
  };
  const pixels = Array.from({ length: count }, (_, i) => Buffer.alloc(784, first + i));
  const labels = Buffer.from(Array.from({ length: count }, (_, i) => i % 10));
  return {
    [`${part}-images-idx3-ubyte.gz`]: {
      [`${part}-images-idx3-ubyte`]: Buffer.concat([header(0x803, count, 28, 28), ...pixels]),
    },
    [`${part}-labels-idx1-ubyte.gz`]: {
      [`${part}-labels-idx1-ubyte`]: Buffer.concat([header(0x801, count), labels]),
    },
  };
}

const digits = 'zero one two three four five six seven eight nine'.split(' ');
const digitIds = digits.map((_, i) => `mnist/${i}`);
const digitLabels = (part: string, count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${part}/${i}`, digitIds[i % 10]!]));

/** Every published dataset but CIFAR, which has a copy of its own. */
export const copies: Readonly<Record<string, Copy>> = {
  aircraft: {
    archives: {
      'fgvc-aircraft-2013b.tar.gz': {
        'fgvc-aircraft-2013b/README.html': '<html>',
        'fgvc-aircraft-2013b/data/variants.txt': '707-320\nF/A-18\n',
        'fgvc-aircraft-2013b/data/images_variant_train.txt': '1025794 707-320\n0209554 F/A-18\n',
        'fgvc-aircraft-2013b/data/images_variant_val.txt': '1340192 707-320\n',
        'fgvc-aircraft-2013b/data/images_variant_test.txt': '0056978 707-320\n0713684 F/A-18\n',
        ...images(
          ...['1025794', '0209554', '1340192', '0056978', '0713684'].map(
            (id) => `fgvc-aircraft-2013b/data/images/${id}.jpg`,
          ),
        ),
      },
    },
    folder: 'fgvc_aircraft',
    strip: 'fgvc-aircraft-2013b/data',
    expected: {
      classes: ['aircraft/707-320', 'aircraft/F/A-18'],
      train: { 'images/1025794.jpg': 'aircraft/707-320', 'images/0209554.jpg': 'aircraft/F/A-18' },
      test: { 'images/0056978.jpg': 'aircraft/707-320', 'images/0713684.jpg': 'aircraft/F/A-18' },
    },
  },
  'caltech-101': coop('Caltech101', 'caltech-101.zip', 'caltech-101', '101_ObjectCategories/', [
    ['face', 'caltech-101/face', three('Faces/image_000#.jpg')],
    ['accordion', 'caltech-101/accordion', three('accordion/image_000#.jpg')],
  ]),
  dtd: coop(
    'DescribableTextures',
    'dtd-r1.0.1.tar.gz',
    'dtd',
    'dtd/images/',
    [
      ['banded', 'dtd/banded', three('banded/banded_000#.jpg')],
      ['polka-dotted', 'dtd/polka-dotted', three('polka-dotted/polka-dotted_000#.jpg')],
    ],
    {
      'dtd/labels/train1.txt': 'banded/banded_0002.jpg\npolka-dotted/polka-dotted_0003.jpg\n',
      'dtd/labels/val1.txt': 'banded/banded_0001.jpg\n',
      'dtd/labels/test1.txt': 'banded/banded_0003.jpg\npolka-dotted/polka-dotted_0001.jpg\n',
    },
    'dtd',
  ),
  eurosat: coop('EuroSAT', 'EuroSAT.zip', 'eurosat', '2750/', [
    ['Annual Crop Land', 'eurosat/Annual Crop Land', three('AnnualCrop/AnnualCrop_#.jpg')],
    ['Sea or Lake', 'eurosat/Sea or Lake', three('SeaLake/SeaLake_#.jpg')],
  ]),
  flowers: coop('OxfordFlowers', '102flowers.tgz', 'oxford_flowers', 'jpg/', [
    ['pink primrose', 'flowers/pink primrose', three('image_0000#.jpg')],
    ['hard-leaved pocket orchid', 'flowers/hard-leaved pocket orchid', three('image_0001#.jpg')],
  ]),
  'food-101': coop(
    'Food101',
    'food-101.tar.gz',
    'food-101',
    'food-101/images/',
    [
      ['apple_pie', 'food-101/apple_pie', three('apple_pie/100#.jpg')],
      ['waffles', 'food-101/waffles', three('waffles/200#.jpg')],
    ],
    {
      'food-101/meta/classes.txt': 'apple_pie\nwaffles\n',
      'food-101/meta/train.json': JSON.stringify({
        apple_pie: ['apple_pie/1001', 'apple_pie/1002'],
        waffles: ['waffles/2003'],
      }),
      'food-101/meta/test.json': JSON.stringify({
        apple_pie: ['apple_pie/1003'],
        waffles: ['waffles/2001'],
      }),
    },
    'food-101',
  ),
  pets: withArchive(
    coop('OxfordPets', 'images.tar.gz', 'oxford_pets', 'images/', [
      ['abyssinian', 'pets/abyssinian', three('Abyssinian_#.jpg')],
      ['american_bulldog', 'pets/american_bulldog', three('american_bulldog_#.jpg')],
    ]),
    'annotations.tar.gz',
    {
      'annotations/trainval.txt':
        'Abyssinian_1 1 1 1\nAbyssinian_2 1 1 1\namerican_bulldog_3 2 2 1\n',
      'annotations/test.txt': 'Abyssinian_3 1 1 1\namerican_bulldog_1 2 2 1\n',
      'annotations/trimaps/._Abyssinian_1.png': 'left by macOS',
    },
  ),
  cars: withArchive(
    coop('StanfordCars', 'cars_train.tgz', 'stanford_cars', '', [
      [
        '2012 Ram C/V Cargo Van',
        'cars/2012 Ram C/V Cargo Van',
        ['cars_train/00001.jpg', 'cars_train/00002.jpg', 'cars_test/00001.jpg'],
      ],
      [
        '2012 smart fortwo',
        'cars/2012 smart fortwo',
        ['cars_train/00003.jpg', 'cars_train/00004.jpg', 'cars_test/00002.jpg'],
      ],
    ]),
    'cars_test.tgz',
    images('cars_test/00001.jpg', 'cars_test/00002.jpg'),
  ),
  sun397: coop('SUN397', 'SUN397.tar.gz', 'sun397', 'SUN397/', [
    ['abbey', 'sun397/abbey', three('a/abbey/sun_aaa#.jpg')],
    ['indoor airport', 'sun397/indoor airport', three('a/airport/indoor/sun_bbb#.jpg')],
  ]),
  mnist: {
    archives: { ...idxFiles('train', 12, 1), ...idxFiles('t10k', 10, 101) },
    folder: 'MNIST/raw',
    expected: {
      classes: digitIds,
      train: digitLabels('train', 12),
      test: digitLabels('t10k', 10),
    },
  },
  'imagenet-r': {
    archives: {
      'imagenet-r.tar': {
        'imagenet-r/README.txt': 'n01443537 goldfish\n',
        ...images(...three('imagenet-r/n01443537/art_#.jpg')),
        ...images(...three('imagenet-r/n01484850/tattoo_#.jpg')),
      },
      'imagenet-r_train.yaml': {
        'imagenet-r_train.yaml':
          'data:\n- data/imagenet-r/n01484850/tattoo_1.jpg\n- data/imagenet-r/n01443537/art_3.jpg\n' +
          '- data/imagenet-r/n01443537/art_1.jpg\ntargets:\n- 1\n- 0\n- 0\n',
      },
      'imagenet-r_test.yaml': {
        'imagenet-r_test.yaml':
          'data:\n- data/imagenet-r/n01443537/art_2.jpg\n- data/imagenet-r/n01484850/tattoo_2.jpg\n' +
          'targets:\n- 0\n- 1\n',
      },
    },
    folder: 'imagenet-r',
    strip: 'imagenet-r',
    expected: {
      classes: ['imagenet-r/n01443537', 'imagenet-r/n01484850'],
      train: {
        'n01484850/tattoo_1.jpg': 'imagenet-r/n01484850',
        'n01443537/art_3.jpg': 'imagenet-r/n01443537',
        'n01443537/art_1.jpg': 'imagenet-r/n01443537',
      },
      test: {
        'n01443537/art_2.jpg': 'imagenet-r/n01443537',
        'n01484850/tattoo_2.jpg': 'imagenet-r/n01484850',
      },
    },
  },
  'imagenet-a': {
    archives: {
      'imagenet-a.tar': {
        'imagenet-a/README.txt': 'Natural adversarial examples',
        ...images('imagenet-a/n01498041/0.001_digital clock.jpg'),
        ...images('imagenet-a/n01498041/0.002_vase.jpg', 'imagenet-a/n02051845/0.1_b.jpg'),
        ...images('imagenet-a/n02051845/0.2_c.jpg'),
      },
    },
    folder: 'imagenet-adversarial/imagenet-a',
    strip: 'imagenet-a',
    expected: {
      classes: ['imagenet-a/n01498041', 'imagenet-a/n02051845'],
      // One of each two is held out; which, the seed says.
      train: {
        'n01498041/0.001_digital clock.jpg': 'imagenet-a/n01498041',
        'n02051845/0.2_c.jpg': 'imagenet-a/n02051845',
      },
      test: {
        'n01498041/0.002_vase.jpg': 'imagenet-a/n01498041',
        'n02051845/0.1_b.jpg': 'imagenet-a/n02051845',
      },
    },
  },
  'cub-200': {
    archives: {
      'CUB_200_2011.tgz': {
        'attributes.txt': '1 has_bill_shape::curved\n',
        'CUB_200_2011/classes.txt': '1 001.Black_footed_Albatross\n2 200.Common_Yellowthroat\n',
        'CUB_200_2011/images.txt':
          '1 001.Black_footed_Albatross/A_0046_18.jpg\n2 001.Black_footed_Albatross/A_0009_34.jpg\n' +
          '3 200.Common_Yellowthroat/Y_0049.jpg\n4 200.Common_Yellowthroat/Y_0055.jpg\n',
        'CUB_200_2011/image_class_labels.txt': '1 1\n2 1\n3 2\n4 2\n',
        'CUB_200_2011/train_test_split.txt': '1 0\n2 1\n3 1\n4 0\n',
        ...images(
          'CUB_200_2011/images/001.Black_footed_Albatross/A_0046_18.jpg',
          'CUB_200_2011/images/001.Black_footed_Albatross/A_0009_34.jpg',
          'CUB_200_2011/images/200.Common_Yellowthroat/Y_0049.jpg',
          'CUB_200_2011/images/200.Common_Yellowthroat/Y_0055.jpg',
        ),
      },
    },
    folder: 'CUB_200_2011',
    strip: 'CUB_200_2011',
    expected: {
      classes: ['cub-200/Black_footed_Albatross', 'cub-200/Common_Yellowthroat'],
      train: {
        'images/001.Black_footed_Albatross/A_0009_34.jpg': 'cub-200/Black_footed_Albatross',
        'images/200.Common_Yellowthroat/Y_0049.jpg': 'cub-200/Common_Yellowthroat',
      },
      test: {
        'images/001.Black_footed_Albatross/A_0046_18.jpg': 'cub-200/Black_footed_Albatross',
        'images/200.Common_Yellowthroat/Y_0055.jpg': 'cub-200/Common_Yellowthroat',
      },
    },
  },
  'tiny-imagenet': {
    archives: {
      'tiny-imagenet-200.zip': {
        'tiny-imagenet-200/wnids.txt': 'n02124075\nn04067472\n',
        'tiny-imagenet-200/words.txt':
          'n00001740\tentity\nn02124075\tEgyptian cat\nn04067472\treel, spool\n',
        'tiny-imagenet-200/train/n02124075/n02124075_boxes.txt': 'n02124075_0.JPEG\t0\t1\t2\t3\n',
        'tiny-imagenet-200/val/val_annotations.txt':
          'val_0.JPEG\tn04067472\t0\t32\t44\t62\nval_1.JPEG\tn02124075\t52\t55\t57\t59\n',
        ...images(
          'tiny-imagenet-200/train/n02124075/images/n02124075_0.JPEG',
          'tiny-imagenet-200/train/n04067472/images/n04067472_0.JPEG',
          'tiny-imagenet-200/val/images/val_0.JPEG',
          'tiny-imagenet-200/val/images/val_1.JPEG',
          'tiny-imagenet-200/test/images/test_0.JPEG',
        ),
      },
    },
    folder: 'tiny-imagenet-200',
    strip: 'tiny-imagenet-200',
    expected: {
      classes: ['tiny-imagenet/n02124075', 'tiny-imagenet/n04067472'],
      train: {
        'train/n02124075/images/n02124075_0.JPEG': 'tiny-imagenet/n02124075',
        'train/n04067472/images/n04067472_0.JPEG': 'tiny-imagenet/n04067472',
      },
      test: {
        'val/images/val_0.JPEG': 'tiny-imagenet/n04067472',
        'val/images/val_1.JPEG': 'tiny-imagenet/n02124075',
      },
    },
  },
};

function withArchive(copy: Copy, name: string, files: Files): Copy {
  return { ...copy, archives: { ...copy.archives, [name]: files } };
}
