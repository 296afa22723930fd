/** Copies of published datasets on disk: extracted as a toolbox does, or as archives; and the options that accept them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packed, sha256, tarGz, zip } from './archives.ts';
import type { Copy } from './published-copies.ts';

/** Writes what the archives hold below `data` as a toolbox would have extracted it; gives the dataset's folder. */
export function extract({ archives, folder, strip = '' }: Copy, data: string): string {
  const root = join(data, folder);
  for (const files of Object.values(archives)) {
    for (const [name, content] of Object.entries(files)) {
      const inside = strip === '' || !name.includes('/') ? name : name.slice(strip.length + 1);
      mkdirSync(dirname(join(root, inside)), { recursive: true });
      writeFileSync(join(root, inside), content);
    }
  }
  return root;
}

/** The archives as bytes by name. */
export async function pack({ archives }: Copy): Promise<Record<string, Buffer>> {
  const all: Record<string, Buffer> = {};
  for (const [name, files] of Object.entries(archives)) {
    // Caltech-101's zip holds another archive.
    const inner = 'caltech-101/101_ObjectCategories.tar.gz';
    all[name] =
      name === 'caltech-101.zip'
        ? zip({ [inner]: await tarGz(files), 'caltech-101/show_annotation.m': '%' })
        : await packed(name, files);
  }
  return all;
}

/** The option `checksums` that accepts these archives. */
export function trusted(archives: Readonly<Record<string, Buffer>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(archives).map(([name, bytes]) => [name, sha256(bytes)] as const),
  );
}
