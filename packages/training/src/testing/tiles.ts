/** Images of coloured tiles, 8 × 8 pixels, whose classes are easy to tell apart. */
import {
  createRandom,
  type ClassInfo,
  type Experience,
  type ImageRef,
  type Random,
  type Sample,
  type Stream,
} from '@cl/hub';

const side = 8;

/** So many images of each class: four tiles of the class's colours, under noise that `label` and a number decide. */
export function tilesOf(
  classes: readonly ClassInfo[],
  count: number,
  label: string,
): readonly Sample[] {
  return classes.flatMap((info) =>
    Array.from({ length: count }, (_, i) => {
      const id = `${info.id}#${label}-${i}`;
      return { classId: info.id, image: { id, source: tiles(info, createRandom(id)) } };
    }),
  );
}

function tiles(info: ClassInfo, random: Random): ImageRef['source'] {
  const colours = createRandom(info.id);
  const base = Array.from({ length: 12 }, () => 40 + colours.integer(176));
  const data = Uint8Array.from({ length: 3 * side * side }, (_, i) => {
    const [p, c] = [Math.floor(i / 3), i % 3];
    const tile = 2 * Math.floor(p / side / 4) + Math.floor((p % side) / 4);
    return Math.min(255, Math.max(0, base[3 * tile + c]! + 15 * random.normal()));
  });
  return { kind: 'pixels', width: side, height: side, data };
}

/** Classes `<prefix>0`, `<prefix>1`, … */
export function classesNamed(prefix: string, count: number): readonly ClassInfo[] {
  return Array.from({ length: count }, (_, c) => ({ id: `${prefix}${c}`, name: `${prefix}${c}` }));
}

/**
 * Experiences of new classes, the last with a class of the first beside its own.
 *
 * @param sizes - how many new classes each experience has.
 * @param count - training images of a class; test images are two.
 */
export function tileStream(sizes: readonly number[], count = 6): Stream {
  const parts = sizes.map((size, t) => classesNamed(`t${t}c`, size));
  const experiences = parts.map((own, index): Experience => {
    const again = index === parts.length - 1 && index > 0 ? [parts[0]![0]!] : [];
    const train = [...tilesOf(own, count, 'train'), ...tilesOf(again, count, 'again')];
    return { index, name: `step ${index}`, classes: [...again, ...own], train };
  });
  const evaluations = parts.map((classes, index) => ({
    index,
    name: `step ${index}`,
    classes,
    test: tilesOf(classes, 2, 'test'),
  }));
  const scenario = { name: 'class-incremental', taskIdAtTest: false, labelSpace: 'seen' } as const;
  return { name: 'tiles', scenario, experiences, evaluations };
}
