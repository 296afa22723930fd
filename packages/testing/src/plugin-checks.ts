/** What every plugin promises, whatever its kind. */
import { assertPlugin, resolveOptions, type AnyPlugin, type PluginKind } from '@cl/hub';
import { assert, assertEqual, assertRefuses, type Check } from './check.ts';

/** Checks of the brand, the name, and the options: part of each kind's suite. */
export function pluginChecks(kind: PluginKind, plugin: AnyPlugin): readonly Check[] {
  return [
    {
      name: `is a ${kind} plugin of this protocol`,
      async run() {
        assertPlugin(kind, plugin);
        assert(
          /^[a-z0-9]+(-[a-z0-9]+)*$/u.test(plugin.name),
          `name: found "${plugin.name}", expected kebab-case.`,
        );
        assert(
          plugin.description.trim().length > 10,
          `description: found "${plugin.description}", expected one sentence.`,
        );
      },
    },
    {
      name: 'accepts its own defaults and leaves them alone',
      async run() {
        const before = JSON.stringify(plugin.defaults);
        assertEqual(await resolveOptions(plugin), plugin.defaults, 'resolved defaults');
        assertEqual(JSON.stringify(plugin.defaults), before, 'defaults after resolving them');
      },
    },
    {
      name: 'explains every option',
      async run() {
        assertEqual(
          Object.keys(plugin.help).sort(),
          Object.keys(plugin.defaults as object).sort(),
          'keys of help against those of defaults',
        );
        for (const [key, help] of Object.entries(plugin.help)) {
          assert(help.trim() !== '', `help.${key}: found nothing, expected a sentence.`);
        }
      },
    },
    {
      name: 'has presets of known and valid values',
      async run() {
        for (const [name, { values }] of Object.entries(plugin.presets ?? {})) {
          await resolveOptions(plugin, values as Record<string, unknown>, name);
        }
      },
    },
    {
      name: 'refuses options that it does not have',
      async run() {
        const given = { 'no-such-option': 1 };
        const { validate } = plugin.schema['~standard'];
        await assertRefuses(() => resolveOptions(plugin, given), ['UNKNOWN_OPTION'], 'options');
        const { issues } = await validate('not an object');
        assert(issues !== undefined, 'schema: accepted a string, expected issues.');
      },
    },
  ];
}
