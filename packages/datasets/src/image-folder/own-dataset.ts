/** A dataset of somebody's own images: classes in natural order of their labels, and a split. */
import { ClassRegistry, ClError, type ClassInfo, type Dataset, type Sample } from '@cl/hub';
import { naturalOrder } from '../natural-order.ts';
import { imageSource } from '../tree/tree.ts';
import type { ListedImage } from './listed-image.ts';
import type { OwnOptions } from './own-options.ts';
import { splitByFraction } from './split.ts';

/**
 * Makes the dataset: it is called `name` when there is no domain, its classes as `names` says of their labels; `where` is
 * what was opened, for messages.
 *
 * @throws ClError `EMPTY_CLASS` naming classes without a training image, `INVALID_DATA` for labels that cannot be ids.
 */
export function ownDataset(
  name: string,
  where: string,
  listed: readonly ListedImage[],
  options: OwnOptions,
  names: ReadonlyMap<string, string> = new Map(),
): Dataset {
  const images = splitByFraction(listed, options.testFraction, options.seed);
  const classes = classesOf(images, options, names);
  const samplesOf = (split: 'train' | 'test'): Sample[] =>
    images
      .filter((image) => image.split === split)
      .map(({ name: id, label, file }) => ({
        image: { id: id.normalize('NFC'), source: imageSource(file) },
        classId: idOf(label, options.domain),
      }));
  const train = samplesOf('train');
  assertTrained(where, classes, train);
  return {
    name: options.domain === '' ? name : options.domain,
    classes,
    train,
    test: samplesOf('test'),
  };
}

function classesOf(
  images: readonly ListedImage[],
  { domain, templates }: OwnOptions,
  names: ReadonlyMap<string, string>,
): readonly ClassInfo[] {
  const labels = [...new Set(images.map(({ label }) => label.normalize('NFC')))].sort(naturalOrder);
  const classes = labels.map((label): ClassInfo => {
    const name = names.get(label) ?? label;
    const phrase = name.replaceAll(/[_\s]+/gu, ' ').trim();
    return {
      id: idOf(label, domain),
      name,
      ...(phrase === name ? {} : { phrase }),
      ...(domain === '' ? {} : { domain }),
      ...(templates.length === 0 ? {} : { templates }),
    };
  });
  return new ClassRegistry(classes).all; // refuses ids that are too long or hold control characters
}

function idOf(label: string, domain: string): string {
  const name = label.normalize('NFC');
  return domain === '' ? name : `${domain}/${name}`;
}

function assertTrained(
  where: string,
  classes: readonly ClassInfo[],
  train: readonly Sample[],
): void {
  const trained = new Set(train.map(({ classId }) => classId));
  const empty = classes.filter(({ id }) => !trained.has(id)).map(({ name }) => `"${name}"`);
  if (empty.length === 0) return;
  throw new ClError(
    'EMPTY_CLASS',
    `image-folder: ${empty.length} classes in ${where} have no training image (${empty.slice(0, 5).join(', ')}` +
      `${empty.length > 5 ? ', …' : ''}), expected at least one each. Add some, or lower testFraction.`,
  );
}
