import { resolveOptions, type ReporterPlugin, type RunRecord } from '@cl/hub';
import { assert, assertEqual, type Check } from './check.ts';
import { syntheticRecord } from './fixtures/synthetic-record.ts';
import { pluginChecks } from './plugin-checks.ts';
import { assertUntouched } from './untouched.ts';

/** How a reporter is checked. */
export interface ReporterCheckSettings {
  /** Default: a synthetic one, with evaluations that are missing. */
  readonly record?: RunRecord;
}

/** The checks that a reporter plugin has to pass under these options. */
export function reporterChecks<O extends object>(
  plugin: ReporterPlugin<O>,
  options: Partial<O> = {},
  settings: ReporterCheckSettings = {},
): readonly Check[] {
  const record = settings.record ?? syntheticRecord();
  const render = async (of: RunRecord): Promise<Readonly<Record<string, string | Uint8Array>>> =>
    plugin.render(of, await resolveOptions(plugin, options as Record<string, unknown>));
  return [
    ...pluginChecks('reporter', plugin),
    {
      name: 'renders files of text or bytes that are not empty',
      async run() {
        const files = Object.entries(await render(record));
        assert(files.length > 0, 'render: no file, expected at least one.');
        for (const [name, content] of files) {
          const fits = typeof content === 'string' || (content as unknown) instanceof Uint8Array;
          assert(fits, `file "${name}": found ${typeof content}, expected text or bytes.`);
          assert(content.length > 0, `file "${name}": is empty.`);
        }
      },
    },
    {
      name: 'names its files inside the run folder, and none of the run’s own',
      async run() {
        const own = ['run.json', 'record.json', 'accuracy.json', 'events.jsonl'];
        for (const name of Object.keys(await render(record))) {
          assert(
            name !== '' && !/^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)/iu.test(name),
            `file "${name}": leads out of the run folder, expected a relative name.`,
          );
          assert(!own.includes(name), `file "${name}": is the run's own. Choose another name.`);
        }
      },
    },
    {
      name: 'renders the same record to the same bytes',
      async run() {
        assertEqual(await render(record), await render(structuredClone(record)), 'rendered again');
      },
    },
    {
      name: 'leaves the record unmodified',
      async run() {
        await assertUntouched(record, 'record', async () => {
          await render(record);
        });
      },
    },
    {
      name: 'renders a run of one learner, one seed and one experience',
      async run() {
        const small = syntheticRecord({ learners: ['rail'], seeds: [0], experiences: 1 });
        assert(Object.keys(await render(small)).length > 0, 'a small run: no file.');
      },
    },
  ];
}
