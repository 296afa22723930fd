/** Recipes: configuration files with the settings of published tables, found by name. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '@cl/hub';
import { loadClConfig, type ClConfig } from './config.ts';
import { usageError } from './usage-error.ts';

/** Those that come with the toolkit, beside `src` and `dist`. */
const shipped = fileURLToPath(new URL('../recipes', import.meta.url));
const ending = /\.[cm]?[jt]s$/u;

/** A recipe and the file that it is in. */
export interface RecipeFile {
  readonly name: string;
  readonly path: string;
}

/** The recipes of this folder (`recipes/`), then those of the toolkit that are not covered by them. */
export function listRecipes(): readonly RecipeFile[] {
  const files = ['recipes', shipped].flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((file) => ending.test(file))
          .sort()
          .map((file) => ({ name: file.replace(ending, ''), path: join(folder, file) }))
      : [],
  );
  return files.filter(({ name }, k) => files.findIndex((file) => file.name === name) === k);
}

/**
 * The configuration of a recipe: `name`, `recipes/name`, a file, each with `@variant` where a variant is meant. What it does
 * not name itself is called after it.
 *
 * @throws ClError `INVALID_CONFIG` with the nearest name; what `loadClConfig` throws.
 */
export async function loadRecipe(text: string): Promise<ClConfig> {
  const [place = '', variant] = text.split('@', 2);
  const name = basename(place).replace(ending, '');
  const config = await loadClConfig(fileOf(place, name));
  const variants = config.variants ?? {};
  if (variant === undefined) return { name, ...config };
  if (Object.hasOwn(variants, variant)) {
    return { ...config, name: `${name}@${variant}`, ...variants[variant] };
  }
  const names = Object.keys(variants);
  throw usageError(
    `recipe "${name}": no variant "${variant}"${nearest(variant, names)} ` +
      `Variants: ${names.join(', ') || 'none'}.`,
  );
}

function fileOf(place: string, name: string): string {
  if (ending.test(place) && existsSync(place)) return place;
  const known = listRecipes();
  const found = known.find((recipe) => recipe.name === name);
  if (found !== undefined) return found.path;
  const names = known.map((recipe) => recipe.name);
  throw usageError(
    `cl run: no recipe "${place}"${nearest(name, names)} Recipes: ${names.join(', ')}.`,
  );
}
