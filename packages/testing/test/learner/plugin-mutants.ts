/** Learner plugins broken in their name, options and presets. */
import type { Mutant } from '../broken.ts';
import { mutant, soundSchema } from './mutant.ts';

export const pluginMutants: readonly Mutant[] = [
  mutant('is named in capitals', 'is a learner plugin of this protocol', {
    plugin: { name: 'Centroid' },
  }),
  mutant('has a schema that adds options', 'accepts its own defaults and leaves them alone', {
    plugin: {
      schema: {
        '~standard': {
          ...soundSchema,
          validate: async (value) => {
            const result = await soundSchema.validate(value);
            return result.issues ? result : { value: { ...result.value, more: 1 } as never };
          },
        },
      },
    },
  }),
  mutant('has an option without help', 'explains every option', { plugin: { help: {} as never } }),
  mutant('has a preset out of range', 'has presets of known and valid values', {
    plugin: { presets: { wrong: { help: 'Wrong.', values: { vocabulary: 'ajar' as never } } } },
  }),
  mutant('has a schema that takes anything', 'refuses options that it does not have', {
    plugin: {
      schema: {
        '~standard': {
          ...soundSchema,
          validate: (value) =>
            typeof value === 'string' ? { value: value as never } : soundSchema.validate(value),
        },
      },
    },
  }),
];
