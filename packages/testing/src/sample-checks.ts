/** Assertions about classes and samples that datasets and streams share. */
import { ClassRegistry, type ClassInfo, type ImageRef, type Sample } from '@cl/hub';
import { assert } from './check.ts';

/** Fails unless the classes have ids of their own and names; wraps what the registry refuses. */
export function assertClasses(classes: readonly ClassInfo[], where: string): void {
  assert(classes.length > 0, `${where}: no classes.`);
  const registry = new ClassRegistry(classes);
  assert(
    registry.size === classes.length,
    `${where}: ${classes.length} classes with ${registry.size} ids, expected one each.`,
  );
  const nameless = classes.find(({ name }) => name.trim() === '');
  assert(nameless === undefined, `${where}: class "${nameless?.id ?? ''}" has no name.`);
}

/** Fails unless every sample names a listed class and every listed class has a sample. */
export function assertLabels(
  classes: readonly ClassInfo[],
  samples: readonly Sample[],
  where: string,
): void {
  const listed = new Set(classes.map(({ id }) => id));
  const used = new Set(samples.map(({ classId }) => classId));
  const stray = [...used].find((id) => !listed.has(id));
  assert(
    stray === undefined,
    `${where}: a sample is of class "${stray ?? ''}", which is not listed.`,
  );
  const empty = [...listed].find((id) => !used.has(id));
  assert(empty === undefined, `${where}: class "${empty ?? ''}" has no sample.`);
}

/** Fails when an image occurs twice, told by its id and, where given, its hash. */
export function assertDistinct(images: readonly ImageRef[], where: string): void {
  const known = new Map<string, string>();
  for (const { id, hash } of images) {
    assert(!known.has(`id ${id}`), `${where}: image "${id}" is there twice.`);
    known.set(`id ${id}`, id);
    if (hash === undefined) continue;
    const twin = known.get(`hash ${hash}`);
    assert(twin === undefined, `${where}: images "${twin ?? ''}" and "${id}" have the same hash.`);
    known.set(`hash ${hash}`, id);
  }
}

/** Samples as text: equal for equal samples. */
export function listing(samples: readonly Sample[]): readonly string[] {
  return samples.map(({ classId, image }) => `${classId} ${image.id} ${image.hash ?? ''}`);
}
