/**
 * The embedded icon benchmark: ten domains, 315 classes, 3,821 training and 2,634 test images of icons
 * and glyphs, 48 × 48 pixels. Pixels and names travel inside the package (`assets/icon-bench`).
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ClError, defineDataset, type ClassInfo, type DatasetPlugin, type Sample } from '@cl/hub';
import { z } from 'zod';
import { openSpriteSheet, type SpriteSheet } from './sprite-sheet.ts';

/** The domains in alphabetical order, which is also their default order. */
const domainNames = [
  'animals',
  'devices',
  'digits',
  'flags',
  'food',
  'greek',
  'interface',
  'letters',
  'transport',
  'weather',
] as const;

/** Options of {@link iconBench}. */
export interface IconBenchOptions {
  /** The domains to take, in this order. */
  readonly domains: readonly (typeof domainNames)[number][];
}

const schema: z.ZodType<IconBenchOptions> = z.object({
  domains: z
    .array(z.enum(domainNames))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'names a domain twice'),
});

/** Ten domains of icons and glyphs with 3 to 16 training images a class. */
export const iconBench: DatasetPlugin<IconBenchOptions> = defineDataset({
  name: 'icon-bench',
  description: 'Ten domains of icons and glyphs, 315 classes, 6,455 images of 48 pixels; embedded.',
  defaults: { domains: [...domainNames] },
  help: { domains: `domains to take, in this order: ${domainNames.join(', ')}` },
  schema,
  async create({ domains }) {
    const bench = await readBench();
    const classes: ClassInfo[] = [];
    const train: Sample[] = [];
    const test: Sample[] = [];
    for (const name of domains) {
      const domain = bench.domains.find((candidate) => candidate.name === name);
      if (domain === undefined) throw missing(`domain "${name}"`);
      const sheet = openSpriteSheet({
        path: fileURLToPath(new URL(domain.sheet, assets)),
        sha256: domain.sheetSha256,
        tileSize: bench.tileSize,
        tilesPerRow: bench.tilesPerRow,
      });
      let tile = 0;
      for (const { name: className, phrase, train: shots, test: held } of domain.classes) {
        const id = `${name}/${className.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '-')}`;
        classes.push({ id, name: className, phrase, domain: name, templates: bench.templates });
        for (const sampleId of shots) train.push(sampleOf(sheet, tile++, name, id, sampleId));
        for (const sampleId of held) test.push(sampleOf(sheet, tile++, name, id, sampleId));
      }
    }
    return {
      name: 'icon-bench',
      classes,
      train,
      test,
      license:
        'Drawings and fonts under OFL-1.1, MIT, Apache-2.0, CC-BY-4.0, CC-BY-3.0, UFL-1.0, ISC and CC0-1.0; ' +
        'every set, its author and its licence are in SOURCES.md of @cl/datasets',
      citation: 'icon-bench 1, embedded in @cl/datasets; rendered from 91 npm packages',
    };
  },
});

const assets = new URL('../assets/icon-bench/', import.meta.url); // from src/ and from dist/

/** `assets/icon-bench/bench.json`: tiles follow class by class, a class's training samples first. */
interface Bench {
  readonly tileSize: number;
  readonly tilesPerRow: number;
  readonly templates: readonly string[];
  readonly domains: readonly {
    readonly name: string;
    readonly sheet: string;
    readonly sheetSha256: string;
    readonly classes: readonly {
      readonly name: string;
      readonly phrase: string;
      readonly train: readonly string[];
      readonly test: readonly string[];
    }[];
  }[];
}

async function readBench(): Promise<Bench> {
  try {
    return JSON.parse(await readFile(new URL('bench.json', assets), 'utf8')) as Bench;
  } catch (cause) {
    throw missing('bench.json', cause);
  }
}

function missing(what: string, cause?: unknown): ClError {
  return new ClError(
    'NOT_FOUND',
    `icon-bench: ${what} is not in ${fileURLToPath(assets)}, where the package keeps its data. ` +
      'Install @cl/datasets again.',
    { cause },
  );
}

/** The hash stands for the tile's pixels without decoding them: the sheet's SHA-256 and the place. */
function sampleOf(
  sheet: SpriteSheet,
  tile: number,
  domain: string,
  classId: string,
  sampleId: string,
): Sample {
  const hash = createHash('sha256').update(`${sheet.sha256} tile ${tile}`).digest('hex');
  const source = { kind: 'lazy', load: () => sheet.tile(tile) } as const;
  return { image: { id: `${domain}/${sampleId}`, hash, source }, classId };
}
