/**
 * Streams whose domains arrive one at a time (RAIL, NeurIPS 2024; papers.md §4.1). X-TAIL: few shots, the answer may
 * name any class of any domain, learned or not, and nobody says which domain an image is from. MTIL: all training
 * data, and the domain of a test image is given.
 */
import {
  ClError,
  defineStream,
  nearest,
  type ClassInfo,
  type Dataset,
  type Stream,
  type StreamContext,
  type StreamPlugin,
} from '@cl/hub';
import { z } from 'zod';
import { splitByDomain } from '../split-by-domain.ts';
import {
  assertDisjoint,
  cutStream,
  shotHelp,
  shotShape,
  withShots,
  type ShotOptions,
} from './cut.ts';

/** Options of {@link xTail} and {@link mtil}. */
export interface CrossDomainOptions extends ShotOptions {
  /** Domains to take, in this order; empty: all, in the order of the datasets. */
  readonly order: readonly string[];
}

const schema: z.ZodType<CrossDomainOptions> = z.object({
  order: z
    .array(z.string().min(1))
    .refine((names) => new Set(names).size === names.length, 'names a domain twice'),
  ...shotShape,
});

const help = {
  order: 'domains to take, in this order; empty: all, as the datasets list them',
  ...shotHelp,
};

/** Cross-domain task-agnostic incremental learning: ten domains in the paper, 16 shots a class. */
export const xTail: StreamPlugin<CrossDomainOptions> = defineStream({
  name: 'x-tail',
  description: 'One domain after another, few shots, tested on the classes of all domains at once.',
  scenario: 'x-tail',
  defaults: { order: [], shots: 16, fewerShots: 'keep' },
  presets: {
    paper: {
      help: "RAIL's published code: 16 shots, classes with fewer resampled with replacement",
      values: { shots: 16, fewerShots: 'resample' },
    },
  },
  help,
  schema,
  create: async (options, context) => crossDomain('x-tail', options, context),
});

/** Multi-domain task-incremental learning: all training data, the domain of a test image is given. */
export const mtil: StreamPlugin<CrossDomainOptions> = defineStream({
  name: 'mtil',
  description: 'One domain after another, all training data, the domain given at test.',
  scenario: 'mtil',
  defaults: { order: [], shots: 0, fewerShots: 'keep' },
  help,
  schema,
  create: async (options, context) => crossDomain('mtil', options, context),
});

function crossDomain(
  scenario: 'x-tail' | 'mtil',
  options: CrossDomainOptions,
  { datasets, random }: StreamContext,
): Stream {
  const all = datasets.flatMap((dataset) => splitByDomain(dataset)).map(inItsDomain);
  assertNamesDiffer(scenario, all);
  assertDisjoint(scenario, all);
  const chosen = options.order.length === 0 ? all : inOrder(scenario, all, options.order);
  const parts = withShots(chosen, options, random).map(({ name, classes, train, test }) => ({
    name,
    domain: name,
    classes,
    train,
    test,
  }));
  const shots = options.shots === 0 ? 'all samples' : `${options.shots}-shot`;
  return cutStream(
    `${scenario} of ${[...new Set(datasets.map((d) => d.name))].join(', ')}, ${shots}`,
    scenario,
    parts,
  );
}

/** A dataset without domains is one: its classes carry its name. */
function inItsDomain(dataset: Dataset): Dataset {
  const classes = dataset.classes.map((info): ClassInfo => ({ ...info, domain: dataset.name }));
  return { ...dataset, classes };
}

function assertNamesDiffer(where: string, domains: readonly Dataset[]): void {
  const names = new Set<string>();
  for (const { name } of domains) {
    if (names.has(name)) {
      throw new ClError(
        'INVALID_DATA',
        `${where}: two domains are called "${name}", expected names that differ. Rename a dataset.`,
      );
    }
    names.add(name);
  }
}

function inOrder(
  where: string,
  domains: readonly Dataset[],
  order: readonly string[],
): readonly Dataset[] {
  const byName = new Map(domains.map((domain) => [domain.name, domain]));
  return order.map((name) => {
    const found = byName.get(name);
    if (found !== undefined) return found;
    const known = [...byName.keys()];
    throw new ClError(
      'INVALID_OPTION',
      `${where}: option order names "${name}", no such domain${nearest(name, known)} Domains: ${known.join(', ')}.`,
    );
  });
}
