/** The saved-learner format: which files, what they say, and how a reader checks each before it believes it. */
import { ClassRegistry, type ClassId, type ClassInfo } from '../classes.ts';
import { ClError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { LearnerState } from '../learner.ts';
import { corrupt, parseStrictJson, quote } from '../strict-json.ts';
import type { FileDigest } from './streams.ts';

/** The version of the folder's layout. */
export const formatVersion = 1;

/** The file that names the others with sizes and hashes. */
export const manifestName = 'MANIFEST.json';

/** The files beside the manifest, with the most bytes each may have: read into memory, so bounded. */
export const fileLimits: Readonly<Record<string, number>> = {
  'README.md': 2 ** 24,
  'cl_config.json': 2 ** 26,
  'classes.json': 2 ** 28,
  'learner.safetensors': Number.MAX_SAFE_INTEGER,
  'tasks.jsonl': 2 ** 28,
};

/** The backbone a learner belongs to. */
export interface SavedBackbone {
  readonly id: string;
  readonly fingerprint: string;
  readonly featureDim: number;
  readonly dtype: string;
}

/** One line of `tasks.jsonl`: what one call of `learn` brought. */
export interface LearnedTask {
  readonly index: number;
  readonly name: string;
  readonly domain?: string;
  readonly classIds: readonly ClassId[];
  /** Training images. */
  readonly samples: number;
  /** Anything else worth keeping: a time, accuracies. */
  readonly details?: JsonObject;
}

/** `cl_config.json`. */
export interface SavedConfig {
  readonly format: typeof formatVersion;
  readonly protocol: number;
  readonly plugin: { readonly name: string; readonly version?: string };
  readonly options: JsonObject;
  readonly backbone: SavedBackbone;
  readonly experiences: number;
  readonly values: JsonObject;
}

/** A saved learner after all checks. */
export interface SavedLearner extends Omit<SavedConfig, 'format' | 'experiences' | 'values'> {
  readonly state: LearnerState;
  readonly tasks: readonly LearnedTask[];
  /** Size of all its files. */
  readonly bytes: number;
}

/** Reads `MANIFEST.json`: exactly the files of the format, each a plain name. */
export function parseManifest(where: string, bytes: Uint8Array): ReadonlyMap<string, FileDigest> {
  const manifest = fields(where, parseStrictJson(where, bytes));
  assertFormat(where, manifest['format']);
  const digests = new Map<string, FileDigest>();
  for (const [name, value] of Object.entries(fields(where, manifest['files']))) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
      throw corrupt(
        where,
        `names ${quote(name)}, which is no plain file name and could lead out of the folder`,
      );
    }
    if (!Object.hasOwn(fileLimits, name)) {
      throw corrupt(where, `names ${quote(name)}, which is no file of a saved learner`);
    }
    const { size, sha256 } = fields(`${where}: ${name}`, value);
    if (!isCount(size) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw corrupt(where, `gives ${quote(name)} no size and no SHA-256 in lower-case hex`);
    }
    if (size > fileLimits[name]!) {
      throw corrupt(
        where,
        `gives ${quote(name)} ${size} bytes, expected at most ${fileLimits[name]!}`,
      );
    }
    digests.set(name, { bytes: size, sha256 });
  }
  const missing = Object.keys(fileLimits).find((name) => !digests.has(name));
  if (missing !== undefined) throw corrupt(where, `does not name ${quote(missing)}`);
  return digests;
}

/** Reads `cl_config.json`. */
export function parseConfig(where: string, bytes: Uint8Array): SavedConfig {
  const config = fields(where, parseStrictJson(where, bytes));
  assertFormat(where, config['format']);
  const { protocol, experiences } = config;
  const plugin = fields(`${where}: plugin`, config['plugin']);
  const backbone = fields(`${where}: backbone`, config['backbone']);
  const { name, version } = plugin;
  const { id, fingerprint, featureDim, dtype } = backbone;
  if (!isCount(protocol) || !isCount(experiences)) {
    throw corrupt(where, 'has a protocol or a number of experiences that is not a count');
  }
  if (typeof name !== 'string' || (version !== undefined && typeof version !== 'string')) {
    throw corrupt(where, 'has a plugin without a name or with a version that is no text');
  }
  if (
    typeof id !== 'string' ||
    typeof fingerprint !== 'string' ||
    typeof dtype !== 'string' ||
    !isCount(featureDim)
  ) {
    throw corrupt(where, 'has a backbone without id, fingerprint, featureDim and dtype');
  }
  return {
    format: formatVersion,
    protocol,
    plugin: { name, ...(version !== undefined && { version }) },
    options: fields(`${where}: options`, config['options']),
    backbone: { id, fingerprint, featureDim, dtype },
    experiences,
    values: fields(`${where}: values`, config['values']),
  };
}

/** Reads `classes.json`: each class once, in order of first appearance. */
export function parseClasses(where: string, bytes: Uint8Array): readonly ClassInfo[] {
  const list = parseStrictJson(where, bytes);
  if (!Array.isArray(list)) throw corrupt(where, 'is not a list of classes');
  const classes = list.map((item: JsonValue, i) => classOf(`${where}: class ${i}`, item));
  const registry = new ClassRegistry();
  try {
    if (registry.add(classes) === classes.length) return classes;
  } catch (cause) {
    throw corrupt(where, `is not a list of classes (${(cause as Error).message})`, cause);
  }
  throw corrupt(where, 'lists a class twice');
}

function classOf(where: string, value: JsonValue): ClassInfo {
  const { id, name, phrase, domain, templates } = fields(where, value);
  if (typeof id !== 'string' || typeof name !== 'string') {
    throw corrupt(where, 'has no id or no name');
  }
  if (!isOptional(phrase, 'string') || !isOptional(domain, 'string')) {
    throw corrupt(where, 'has a phrase or a domain that is no text');
  }
  if (templates !== undefined && !isStrings(templates)) {
    throw corrupt(where, 'has templates that are not a list of texts');
  }
  return {
    id,
    name,
    ...(phrase !== undefined && { phrase: phrase as string }),
    ...(domain !== undefined && { domain: domain as string }),
    ...(templates !== undefined && { templates }),
  };
}

/** Reads `tasks.jsonl`. */
export function parseTasks(where: string, bytes: Uint8Array): readonly LearnedTask[] {
  const lines: LearnedTask[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) throw corrupt(where, 'does not end with a line feed: its last line is torn');
    const here = `${where}: line ${lines.length + 1}`;
    lines.push(taskOf(here, parseStrictJson(here, bytes.subarray(start, end))));
    start = end + 1;
  }
  return lines;
}

function taskOf(where: string, value: JsonValue): LearnedTask {
  const { index, name, domain, classIds, samples, details } = fields(where, value);
  if (!isCount(index) || typeof name !== 'string' || !isStrings(classIds) || !isCount(samples)) {
    throw corrupt(where, 'lacks an index, a name, classIds or a number of samples');
  }
  if (!isOptional(domain, 'string')) throw corrupt(where, 'has a domain that is no text');
  return {
    index,
    name,
    ...(domain !== undefined && { domain: domain as string }),
    classIds,
    samples,
    ...(details !== undefined && { details: fields(`${where}: details`, details) }),
  };
}

function assertFormat(where: string, found: JsonValue | undefined): void {
  if (found === formatVersion) return;
  throw new ClError(
    isCount(found) ? 'PROTOCOL_VERSION' : 'CORRUPT_FILE',
    `${where}: has format ${found === undefined ? 'none' : JSON.stringify(found)}, expected ${formatVersion}. ` +
      'Load it with the version of @cl/hub that wrote it.',
  );
}

function fields(where: string, value: JsonValue | undefined): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as JsonObject;
  throw corrupt(where, 'is not a JSON object');
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isOptional(value: JsonValue | undefined, type: 'string'): boolean {
  return value === undefined || typeof value === type;
}
