/** Datasets and streams of others: lists that are lists, of what they should hold. */
import type { Dataset } from '../dataset.ts';
import type { Stream } from '../experience.ts';
import type { AnyPlugin } from '../registry.ts';
import { brokenPromise, shown } from './broken-promise.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A kind of entry: what it is called, and whether a value is one. */
interface Entry {
  readonly expected: string;
  readonly is: (value: Fields) => boolean;
}

const classInfo: Entry = {
  expected: 'a class with id and name',
  is: ({ id, name }) => typeof id === 'string' && typeof name === 'string',
};

const sample: Entry = {
  expected: 'a sample with image and classId',
  is: ({ image, classId }) => {
    const { id, source } = fieldsOf(image);
    return typeof classId === 'string' && typeof id === 'string' && source !== undefined;
  },
};

const experience: Entry = {
  expected: 'an experience with index, name, classes and train',
  is: ({ index, name, classes, train }) =>
    typeof index === 'number' &&
    typeof name === 'string' &&
    Array.isArray(classes) &&
    Array.isArray(train),
};

const evaluation: Entry = {
  expected: 'an evaluation with name, classes and test',
  is: ({ name, classes, test }) =>
    typeof name === 'string' && Array.isArray(classes) && Array.isArray(test),
};

/**
 * The dataset, looked at.
 *
 * @throws ClError `PLUGIN_FAILED`.
 */
export function guardDataset(plugin: AnyPlugin, value: unknown): Dataset {
  assertLists(plugin, value, { classes: classInfo, train: sample, test: sample });
  return value as Dataset;
}

/**
 * The stream, looked at; its samples are those of datasets.
 *
 * @throws ClError `PLUGIN_FAILED`.
 */
export function guardStream(plugin: AnyPlugin, value: unknown): Stream {
  assertLists(plugin, value, { experiences: experience, evaluations: evaluation });
  return value as Stream;
}

function assertLists(
  plugin: AnyPlugin,
  value: unknown,
  lists: Readonly<Record<string, Entry>>,
): void {
  const fields = fieldsOf(value);
  const names = Object.keys(lists);
  const wrong = names.find((name) => !Array.isArray(fields[name]) || fields[name].length === 0);
  if (wrong !== undefined) {
    const found =
      fields[wrong] === undefined ? shown(value) : `${wrong} as ${shown(fields[wrong])}`;
    throw brokenPromise(plugin, 'create()', found, `lists that are not empty: ${names.join(', ')}`);
  }
  for (const [name, { expected, is }] of Object.entries(lists)) {
    const list = fields[name] as readonly unknown[];
    const at = list.findIndex((entry) => !is(fieldsOf(entry)));
    if (at < 0) continue;
    throw brokenPromise(plugin, 'create()', `${shown(list[at])} as ${name}[${at}]`, expected);
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
