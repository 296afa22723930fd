import { ClError, type Dataset, type Sample } from '@cl/hub';

/**
 * The domains of a dataset as datasets of their own, in order of first appearance among its classes. A dataset
 * whose classes carry no `domain` is one domain: itself.
 *
 * @throws ClError `INVALID_DATA` when some classes carry a domain and others do not, `UNKNOWN_CLASS` when a sample's
 * class is not listed.
 */
export function splitByDomain(dataset: Dataset): readonly Dataset[] {
  const without = dataset.classes.filter(({ domain }) => domain === undefined);
  if (without.length === dataset.classes.length) return [dataset];
  if (without.length > 0) {
    throw new ClError(
      'INVALID_DATA',
      `splitByDomain: class "${without[0]!.id}" of dataset "${dataset.name}" has no domain, while others have. ` +
        'Give every class a domain, or none.',
    );
  }
  const domainOf = new Map(dataset.classes.map(({ id, domain }) => [id, domain!]));
  const parts = new Map<
    string,
    { classes: Dataset['classes'][number][]; train: Sample[]; test: Sample[] }
  >();
  for (const info of dataset.classes) {
    const part = parts.get(info.domain!);
    if (part === undefined) parts.set(info.domain!, { classes: [info], train: [], test: [] });
    else part.classes.push(info);
  }
  for (const kind of ['train', 'test'] as const) {
    for (const sample of dataset[kind]) {
      const domain = domainOf.get(sample.classId);
      if (domain === undefined) {
        throw new ClError(
          'UNKNOWN_CLASS',
          `splitByDomain: sample "${sample.image.id}" of dataset "${dataset.name}" has class ` +
            `"${sample.classId}", which the dataset does not list. List it among the classes.`,
        );
      }
      parts.get(domain)![kind].push(sample);
    }
  }
  return [...parts].map(([name, part]) => ({ ...dataset, name, ...part }));
}
