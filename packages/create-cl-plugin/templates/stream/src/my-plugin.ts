/**
 * __DESCRIPTION__
 *
 * As it stands: one class at a time, in an order drawn from the seed. Replace the loop with your protocol. A stream is
 * pure: the same datasets, options and random state give the same stream.
 */
import { ClError, defineStream, scenarios, type StreamPlugin } from '@cl/hub';
import { z } from 'zod';

/** What users may choose; `cl` makes a flag of each. */
export interface MyPluginOptions {
  /** The order of classes: drawn from the seed, or the dataset's own. */
  readonly order: 'random' | 'dataset';
}

/** The plugin. */
export const myPlugin: StreamPlugin<MyPluginOptions> = defineStream<MyPluginOptions>({
  name: 'my-plugin',
  description: '__DESCRIPTION__',
  defaults: { order: 'random' },
  help: { order: 'random or dataset.' },
  schema: z.object({ order: z.enum(['random', 'dataset']) }),
  scenario: 'class-incremental',
  async create({ order }, { datasets, random }) {
    const classes = datasets.flatMap((dataset) => dataset.classes);
    if (classes.length === 0) {
      throw new ClError(
        'EMPTY_STREAM',
        'my-plugin: the datasets have no class, expected some. Choose others.',
      );
    }
    const positions =
      order === 'random' ? [...random.permutation(classes.length)] : classes.map((_, i) => i);
    const ordered = positions.map((position) => classes[position]!);
    const [train, test] = [datasets.flatMap((d) => d.train), datasets.flatMap((d) => d.test)];
    return {
      name: 'my-plugin',
      scenario: scenarios['class-incremental'],
      experiences: ordered.map((info, index) => ({
        index,
        name: info.name,
        classes: [info],
        train: train.filter(({ classId }) => classId === info.id),
      })),
      evaluations: ordered.map((info, index) => ({
        index,
        name: info.name,
        classes: [info],
        test: test.filter(({ classId }) => classId === info.id),
      })),
    };
  },
});
