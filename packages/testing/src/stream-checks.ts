import {
  candidatesFor,
  createRandom,
  resolveOptions,
  scenarios,
  type Dataset,
  type Stream,
  type StreamPlugin,
} from '@cl/hub';
import { assert, assertEqual, assertRefuses, type Check } from './check.ts';
import { syntheticDataset } from './fixtures/synthetic-dataset.ts';
import { pluginChecks } from './plugin-checks.ts';
import { assertClasses, assertDistinct, assertLabels, listing } from './sample-checks.ts';
import { assertUntouched, deepFreeze } from './untouched.ts';

/** How a stream plugin is checked. */
export interface StreamCheckSettings {
  /** What streams are cut from; default three synthetic datasets of 3, 2 and 4 classes. */
  readonly datasets?: readonly Dataset[];
}

/** The checks that a stream plugin has to pass under these options. */
export function streamChecks<O extends object>(
  plugin: StreamPlugin<O>,
  options: Partial<O> = {},
  settings: StreamCheckSettings = {},
): readonly Check[] {
  const datasets = settings.datasets ?? defaultDatasets(plugin);
  const cut = async (from: readonly Dataset[] = datasets): Promise<Stream> =>
    plugin.create(await resolveOptions(plugin, options as Record<string, unknown>), {
      datasets: from,
      random: createRandom(1),
    });
  const check = (name: string, verify: (stream: Stream) => void | Promise<void>): Check => ({
    name,
    run: async () => verify(await cut()),
  });
  return [
    check('is not empty', (stream) => {
      assert(stream.name.trim() !== '', 'stream: has no name.');
      assert(stream.experiences.length > 0, 'stream: no experiences.');
      for (const { index, train } of stream.experiences) {
        assert(train.length > 0, `experience ${index}: no samples.`);
      }
      for (const { index, test } of stream.evaluations) {
        assert(test.length > 0, `evaluation ${index}: no samples.`);
      }
    }),
    ...pluginChecks('stream', plugin),
    check('is of the scenario that the plugin declares', ({ scenario }) => {
      assertEqual(scenario, scenarios[plugin.scenario], 'scenario');
    }),
    check('numbers experiences from 0, with one evaluation each', (stream) => {
      const positions = stream.experiences.map((_, i) => i);
      assertEqual(indexesOf(stream.experiences), positions, 'indexes of the experiences');
      assertEqual(indexesOf(stream.evaluations), positions, 'indexes of the evaluations');
    }),
    check(
      'lists in each experience and evaluation exactly the classes of its samples',
      (stream) => {
        for (const { index, classes, train } of stream.experiences) {
          assertClasses(classes, `experience ${index}`);
          assertLabels(classes, train, `experience ${index}`);
        }
        for (const { index, classes, test } of stream.evaluations) {
          assertClasses(classes, `evaluation ${index}`);
          assertLabels(classes, test, `evaluation ${index}`);
        }
      },
    ),
    check('tests in evaluation j what experience j teaches', ({ experiences, evaluations }) => {
      evaluations.forEach(({ classes }, j) => {
        const taught = new Set(experiences[j]?.classes.map(({ id }) => id));
        const other = classes.find(({ id }) => !taught.has(id));
        assert(
          other === undefined,
          `evaluation ${j}: tests class "${other?.id ?? ''}", which experience ${j} does not teach.`,
        );
      });
    }),
    check('shows every image in one place only', ({ experiences, evaluations }) => {
      const train = experiences.flatMap((e) => e.train.map(({ image }) => image));
      const test = evaluations.flatMap((e) => e.test.map(({ image }) => image));
      assertDistinct(
        [...train, ...test].map(({ id, source }) => ({ id, source })),
        'stream',
      );
    }),
    check('takes training samples from training sets and test samples from test sets', (stream) => {
      const train = new Set(listing(datasets.flatMap((dataset) => dataset.train)));
      const test = new Set(listing(datasets.flatMap((dataset) => dataset.test)));
      const strange =
        listing(stream.experiences.flatMap((e) => e.train)).find((s) => !train.has(s)) ??
        listing(stream.evaluations.flatMap((e) => e.test)).find((s) => !test.has(s));
      assert(strange === undefined, `stream: sample "${strange ?? ''}" is not from its split.`);
    }),
    check('brings classes as its scenario says: new ones, or the same in new domains', (stream) => {
      const steps = stream.experiences.map(({ classes }) => classes.map(({ id }) => id).sort());
      if (plugin.scenario === 'domain-incremental') {
        for (const ids of steps) assertEqual(ids, steps[0], 'classes of each experience');
      } else {
        assertEqual(
          new Set(steps.flat()).size,
          steps.flat().length,
          'classes, each in one experience',
        );
      }
    }),
    check('can be answered in full after the last experience', (stream) => {
      const last = stream.experiences.length - 1;
      stream.evaluations.forEach(({ classes }, j) => {
        const candidates = candidatesFor(stream, last, j) ?? [];
        const ids = new Set(candidates.map(({ id }) => id));
        const missing = classes.find(({ id }) => !ids.has(id));
        assert(
          missing === undefined,
          `evaluation ${j}: class "${missing?.id ?? ''}" is no candidate at the end.`,
        );
      });
    }),
    check('is the same for the same datasets, options and random state', async (stream) => {
      assertEqual(textOf(await cut()), textOf(stream), 'stream, cut again');
    }),
    {
      name: 'leaves the datasets unmodified',
      async run() {
        const copies = settings.datasets === undefined ? defaultDatasets(plugin) : datasets;
        await assertUntouched(copies.map(summaryOf), 'datasets', async () => {
          await cut(deepFreeze(copies));
        });
      },
    },
    {
      name: 'refuses to be cut from nothing',
      async run() {
        const codes = ['EMPTY_STREAM', 'INVALID_OPTION', 'INVALID_DATA'] as const;
        await assertRefuses(() => cut([]), codes, 'stream of no datasets');
      },
    },
  ];
}

/** Three small datasets; for domain-incremental streams they share their classes. */
function defaultDatasets({ scenario }: Pick<StreamPlugin, 'scenario'>): readonly Dataset[] {
  const shared = scenario === 'domain-incremental';
  return [3, 2, 4].map((classes, index) =>
    syntheticDataset(shared ? { index, classes: 3, classesOf: 0 } : { index, classes }),
  );
}

function indexesOf(parts: readonly { readonly index: number }[]): readonly number[] {
  return parts.map(({ index }) => index);
}

function textOf({ name, scenario, experiences, evaluations }: Stream): unknown {
  return [
    [name, scenario],
    experiences.map((e) => [e.name, e.domain, e.classes, listing(e.train)]),
    evaluations.map((e) => [e.name, e.domain, e.classes, listing(e.test)]),
  ];
}

function summaryOf({ name, classes, train, test }: Dataset): unknown {
  return [name, classes, listing(train), listing(test)];
}
