/** Which parquet files are which split of which configuration. */
import { ClError } from '@cl/hub';
import { naturalOrder } from '../natural-order.ts';
import { fits, type DatasetCard } from './card.ts';

/** Splits by name with the paths of their files, in order. */
export interface Chosen {
  /** The configuration's name. */
  readonly config: string;
  readonly splits: ReadonlyMap<string, readonly string[]>;
}

/**
 * Chooses the files of the configuration `wanted` (empty: the default or only one), by the card where it lists files,
 * else by the names that `datasets` and the hub's converter give: `CONFIG/SPLIT-00000-of-00001.parquet`,
 * `data/SPLIT-….parquet`, `CONFIG/SPLIT/0000.parquet`.
 *
 * @throws ClError `INVALID_OPTION` naming the configurations there are, `EMPTY_STREAM` when there is no parquet file.
 */
export function chooseFiles(
  paths: readonly string[],
  card: DatasetCard,
  wanted: string,
  where: string,
): Chosen {
  const parquet = paths.filter((path) => path.endsWith('.parquet')).sort(naturalOrder);
  if (parquet.length === 0) {
    throw new ClError(
      'EMPTY_STREAM',
      `hf: ${where} has no parquet file. Take the revision refs/convert/parquet, where the hub keeps a copy in parquet ` +
        'of most datasets.',
    );
  }
  const configs = new Map<string, Map<string, string[]>>();
  for (const { name, splits } of card.configs) {
    const own = new Map<string, string[]>();
    for (const [split, patterns] of splits) {
      const found = parquet.filter((path) => patterns.some((pattern) => fits(path, pattern)));
      if (found.length > 0) own.set(split, found);
    }
    if (own.size > 0) configs.set(name, own);
  }
  if (configs.size === 0) byName(parquet, configs);
  const names = [...configs.keys()];
  const first = card.configs.find(({ isDefault, name }) => isDefault && configs.has(name))?.name;
  const config = wanted === '' ? (first ?? names[0]!) : wanted;
  const splits = configs.get(config);
  if (splits !== undefined && (wanted !== '' || first !== undefined || names.length === 1)) {
    return { config, splits };
  }
  throw new ClError(
    'INVALID_OPTION',
    `hf: ${where} has ${wanted === '' ? 'several configurations' : `no configuration "${wanted}"`}, expected one of ` +
      `${names.join(', ')}. Set the option config.`,
  );
}

function byName(parquet: readonly string[], configs: Map<string, Map<string, string[]>>): void {
  for (const path of parquet) {
    const parts = path.split('/');
    const file = parts.pop()!;
    const numbered = /^\d+\.parquet$/u.test(file);
    const split = numbered ? parts.pop() : /^([a-z_]+?)(?:-\d|\.|-)/iu.exec(file)?.[1];
    const folder = parts.at(-1) ?? 'default';
    const config = folder === 'data' ? 'default' : folder;
    const splits = configs.get(config) ?? new Map<string, string[]>();
    configs.set(config, splits);
    const name = (split ?? 'train').replace(/^partial-/u, '');
    splits.set(name, [...(splits.get(name) ?? []), path]);
  }
}
