/** Streams that bring the same classes in ever new looks: drawings, then photographs, then paintings. */
import {
  ClError,
  ClassRegistry,
  defineStream,
  type ClassInfo,
  type Dataset,
  type Sample,
  type StreamPlugin,
} from '@cl/hub';
import { z } from 'zod';
import { splitByDomain } from '../split-by-domain.ts';
import { cutStream, shotHelp, shotShape, withShots, type Part, type ShotOptions } from './cut.ts';

const schema: z.ZodType<ShotOptions> = z.object(shotShape);

/**
 * The same classes in one domain after another. Each dataset is a domain and shares class ids with the others; a
 * dataset whose classes carry domains is split, and classes of the same name become one class, with the name as id.
 */
export const domainIncremental: StreamPlugin<ShotOptions> = defineStream({
  name: 'domain-incremental',
  description: 'The same classes in one domain after another, tested on every domain seen so far.',
  scenario: 'domain-incremental',
  defaults: { shots: 0, fewerShots: 'keep' },
  help: shotHelp,
  schema,
  async create(options, { datasets, random }) {
    const domains = withShots(datasets, options, random).flatMap((dataset) => {
      const parts = splitByDomain(dataset);
      return parts[0] === dataset ? parts : parts.map(byName);
    });
    assertShared(domains);
    const parts = domains.map(({ name, classes, train, test }): Part => ({
      name,
      domain: name,
      classes,
      train,
      test,
    }));
    return cutStream(
      `domains ${domains.map(({ name }) => name).join(', ')}`,
      'domain-incremental',
      parts,
    );
  },
});

/** One domain of a dataset with its classes known by name alone: "art/clock" and "photo/clock" are "clock". */
function byName(domain: Dataset): Dataset {
  const names = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const { id, name } of domain.classes) {
    const owner = owners.get(name);
    if (owner !== undefined) {
      throw new ClError(
        'DUPLICATE_CLASS',
        `domain-incremental: "${owner}" and "${id}" of domain "${domain.name}" are both called "${name}", expected ` +
          'names that differ within a domain. Rename one.',
      );
    }
    owners.set(name, id);
    names.set(id, name);
  }
  const renamed = (sample: Sample): Sample => ({ ...sample, classId: names.get(sample.classId)! });
  return {
    ...domain,
    classes: domain.classes.map(withoutDomain),
    train: domain.train.map(renamed),
    test: domain.test.map(renamed),
  };
}

function withoutDomain({ name, phrase, templates }: ClassInfo): ClassInfo {
  return {
    id: name,
    name,
    ...(phrase === undefined ? {} : { phrase }),
    ...(templates === undefined ? {} : { templates }),
  };
}

/** Each domain has a class in common with those before it, and an id means the same class everywhere. */
function assertShared(domains: readonly Dataset[]): void {
  const seen = new ClassRegistry();
  for (const { name, classes } of domains) {
    const before = seen.size;
    if (seen.add(classes) === classes.length && before > 0 && classes.length > 0) {
      throw new ClError(
        'INVALID_DATA',
        `domain-incremental: "${name}" shares no class id with the domains before it ` +
          `(${classes[0]!.id}, …), expected the same classes in another look. Use the x-tail or mtil stream.`,
      );
    }
  }
}
