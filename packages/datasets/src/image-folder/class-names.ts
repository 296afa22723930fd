/** A table from folder names to class names: a JSON object, or lines of `folder name`, `folder,name` or `folder<tab>name`. */
import { ClError } from '@cl/hub';

/**
 * Reads a table; empty lines and lines that start with `#` are left out.
 *
 * @param file - its name: `.json` holds an object, anything else lines.
 * @throws ClError `CORRUPT_FILE` when it is no such table.
 */
export function readClassNames(file: string, text: string): ReadonlyMap<string, string> {
  const table = /\.json$/iu.test(file) ? fromJson(file, text) : fromLines(file, text);
  return new Map(table.map(([folder, name]) => [folder.normalize('NFC'), name.trim()] as const));
}

function fromJson(file: string, text: string): readonly (readonly [string, string])[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unlike(file, (cause as Error).message);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
      return entries;
    }
  }
  throw unlike(file, 'it is no object of strings');
}

function fromLines(file: string, text: string): readonly (readonly [string, string])[] {
  return text.split(/\r?\n/u).flatMap((raw, i) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const parts = /^([^\s,]+)[\t ,]+(.+)$/u.exec(line);
    if (parts === null) throw unlike(file, `line ${i + 1} is "${line}"`);
    return [[parts[1]!, parts[2]!] as const];
  });
}

function unlike(file: string, reason: string): ClError {
  return new ClError(
    'CORRUPT_FILE',
    `image-folder: ${file} does not name classes: ${reason}, expected a JSON object or lines of folder and name. ` +
      'Mend the file.',
  );
}
