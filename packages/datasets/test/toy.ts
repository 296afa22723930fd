import type { ClassInfo, Dataset, Sample } from '@cl/hub';

/** How many samples a class of a toy dataset has. */
export interface ToyClass extends ClassInfo {
  readonly train: number;
  readonly test: number;
}

/** A dataset without pixels that matter: `id/train/3` is the fourth training image of class `id`. */
export function toyDataset(name: string, classes: readonly ToyClass[]): Dataset {
  const samples = (kind: 'train' | 'test'): Sample[] =>
    classes.flatMap((info) =>
      Array.from({ length: info[kind] }, (_, i) => ({
        image: {
          id: `${info.id}/${kind}/${i}`,
          source: { kind: 'pixels', width: 1, height: 1, data: new Uint8Array(3) } as const,
        },
        classId: info.id,
      })),
    );
  return {
    name,
    classes: classes.map(({ id, name: label, domain }) => ({
      id,
      name: label,
      ...(domain === undefined ? {} : { domain }),
    })),
    train: samples('train'),
    test: samples('test'),
  };
}

/** `count` classes `prefix/0`, `prefix/1`, … of `train` and `test` samples each. */
export function toyClasses(prefix: string, count: number, train = 3, test = 2): ToyClass[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${prefix}/${i}`,
    name: `${prefix} ${i}`,
    train,
    test,
  }));
}
