/** What a dataset's README says in its YAML: the licence, the configurations and their files. */
import { z } from 'zod';

/** The part of the front matter that is read; anything else may be there. */
const format = z.object({
  license: z.union([z.string(), z.array(z.string())]).optional(),
  configs: z
    .array(
      z.object({
        config_name: z.string(),
        default: z.boolean().optional(),
        data_files: z.unknown().optional(),
      }),
    )
    .optional(),
  dataset_info: z.unknown().optional(),
});

/** What a card tells. */
export interface DatasetCard {
  readonly license?: string;
  /** Patterns of files by split, for each configuration. */
  readonly configs: readonly {
    readonly name: string;
    readonly isDefault: boolean;
    readonly splits: ReadonlyMap<string, readonly string[]>;
  }[];
  /** Features by configuration: names of columns with their type. */
  readonly features: ReadonlyMap<string, readonly Feature[]>;
}

/** A column. */
export interface Feature {
  readonly name: string;
  readonly isImage: boolean;
  /** Class names by label, for a column of class labels. */
  readonly classNames?: readonly string[];
}

/** Reads a card; what it does not say, or says otherwise than expected, is left out. */
export async function readCard(readme: string): Promise<DatasetCard> {
  const yaml = /^---\r?\n([\s\S]*?)\r?\n---/u.exec(readme)?.[1];
  const read = format.safeParse(yaml === undefined ? {} : await safely(yaml));
  if (!read.success) return { configs: [], features: new Map() };
  const { license, configs = [], dataset_info: info } = read.data;
  const infos: readonly unknown[] = Array.isArray(info) ? info : [info];
  return {
    ...(license === undefined
      ? {}
      : { license: Array.isArray(license) ? license.join(', ') : license }),
    configs: configs.map(
      ({ config_name: name, default: isDefault = name === 'default', data_files }) => ({
        name,
        isDefault,
        splits: splitsOf(data_files),
      }),
    ),
    features: new Map(
      infos.flatMap((one) => {
        const { config_name: name = 'default', features } = (one ?? {}) as Record<string, unknown>;
        return Array.isArray(features)
          ? [[String(name), features.flatMap(featureOf)] as const]
          : [];
      }),
    ),
  };
}

async function safely(yaml: string): Promise<unknown> {
  const { parse } = await import('yaml'); // large: only when there is something to read
  try {
    return parse(yaml) as unknown;
  } catch {
    return {};
  }
}

/** `path`, a list of these, or a list of `{ split, path }`. */
function splitsOf(files: unknown): ReadonlyMap<string, readonly string[]> {
  const splits = new Map<string, readonly string[]>();
  const paths = (value: unknown): readonly string[] =>
    (Array.isArray(value) ? value : [value]).filter(
      (path): path is string => typeof path === 'string',
    );
  if (Array.isArray(files) && files.some((one) => typeof one === 'object')) {
    for (const one of files as readonly { readonly split?: unknown; readonly path?: unknown }[]) {
      if (typeof one.split === 'string') splits.set(one.split, paths(one.path));
    }
  } else if (paths(files).length > 0) splits.set('train', paths(files));
  return splits;
}

/** `{ name, dtype: 'image' }` or `{ name, dtype: { class_label: { names: { '0': … } } } }`. */
function featureOf(feature: unknown): readonly Feature[] {
  const { name, dtype } = (feature ?? {}) as { readonly name?: unknown; readonly dtype?: unknown };
  if (typeof name !== 'string') return [];
  const names = (dtype as { class_label?: { names?: unknown } } | null | undefined)?.class_label
    ?.names;
  if (typeof names !== 'object' || names === null) return [{ name, isImage: dtype === 'image' }];
  const classNames: string[] = [];
  for (const [label, value] of Object.entries(names)) classNames[Number(label)] = String(value);
  return [{ name, isImage: false, classNames }];
}

/** Whether a path fits a pattern with `*` and `**`. */
export function fits(path: string, pattern: string): boolean {
  const source = pattern
    .split(/(\*\*\/?|\*)/u)
    .map((part) => {
      if (part.startsWith('**')) return '(?:.*/)?';
      return part === '*' ? '[^/]*' : part.replaceAll(/[.+?^${}()|[\]\\]/gu, String.raw`\$&`);
    })
    .join('');
  return new RegExp(`^${source}$`, 'u').test(path);
}
