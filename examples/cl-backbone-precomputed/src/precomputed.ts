/**
 * Features that somebody computed before, in Python or elsewhere, as a backbone: no model, no image is opened. The file is
 * safetensors: `features` float32 [N, D] with the metadata `ids`, a JSON array of N image ids; and, for learners that want
 * texts, `text_features` float32 [M, D] with the metadata `texts` and `logit_scale`.
 */
import {
  ClError,
  defineBackbone,
  throwIfAborted,
  type Backbone,
  type BackboneCapability,
  type BackbonePlugin,
  type ImageRef,
  type Matrix,
  type Tensor,
  type WorkOptions,
} from '@cl/hub';
import { readSafetensors, sha256File } from '@cl/hub/node';
import { z } from 'zod';

/** What users may choose; `cl` makes a flag of each. */
export interface PrecomputedOptions {
  /** Path of the safetensors file. */
  readonly file: string;
}

/** The plugin. */
export const precomputed: BackbonePlugin<PrecomputedOptions> = defineBackbone<PrecomputedOptions>({
  name: 'precomputed',
  description: 'Serves features that somebody computed before, from a safetensors file.',
  defaults: { file: 'features.safetensors' },
  help: { file: 'Path of the file: tensor features [N, D], metadata ids as a JSON array.' },
  schema: z.object({ file: z.string().min(1) }),
  provides: ['image-features', 'text-features'],
  async create({ file }, { signal } = {}) {
    const sha256 = await sha256File(file, { signal });
    const { tensors, metadata } = await readSafetensors(file, { signal });
    const images = tableOf(file, tensors['features'], metadata, 'ids');
    if (images === undefined) {
      throw new ClError(
        'INVALID_MODEL',
        `precomputed: ${file} has no tensor "features", expected float32 [N, D].`,
      );
    }
    const texts = tableOf(file, tensors['text_features'], metadata, 'texts');
    const logitScale = Number(metadata['logit_scale'] ?? 100);
    return new Precomputed(file, sha256, images, texts, logitScale);
  },
});

/** Rows by name. */
interface Table {
  readonly width: number;
  readonly rows: ReadonlyMap<string, Float32Array>;
}

class Precomputed implements Backbone {
  readonly id: string;
  readonly fingerprint: string;
  readonly capabilities: readonly BackboneCapability[];
  readonly device = 'cpu';
  readonly dtype = 'fp32';
  readonly imageSize = 1; // no image is looked at
  readonly featureDim: number;
  readonly logitScale?: number;
  readonly embedTexts?: NonNullable<Backbone['embedTexts']>;
  readonly #images: Table;
  #disposed = false;

  constructor(id: string, sha256: string, images: Table, texts: Table | undefined, scale: number) {
    [this.id, this.fingerprint, this.#images] = [id, sha256, images];
    this.featureDim = images.width;
    this.capabilities =
      texts === undefined ? ['image-features'] : ['image-features', 'text-features'];
    if (texts === undefined) return;
    this.logitScale = scale;
    this.embedTexts = async (wanted, work) => this.#look(texts, wanted, 'INVALID_DATA', work);
  }

  async embedImages(
    images: readonly ImageRef[],
    work?: WorkOptions,
  ): Promise<Matrix<Float32Array>> {
    const ids = images.map(({ id }) => id);
    return this.#look(this.#images, ids, 'UNREADABLE_IMAGE', work);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  #look(
    { rows, width }: Table,
    names: readonly string[],
    code: 'UNREADABLE_IMAGE' | 'INVALID_DATA',
    work: WorkOptions = {},
  ): Matrix<Float32Array> {
    if (this.#disposed) {
      throw new ClError('DISPOSED', 'precomputed: used after dispose(). Create it again.');
    }
    throwIfAborted('precomputed', work.signal);
    const missing = names.filter((name) => !rows.has(name));
    if (missing.length > 0) {
      const shown = missing.slice(0, 5).map((name) => JSON.stringify(name));
      const more = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
      throw new ClError(
        code,
        `precomputed: ${this.id} has no features for ${shown.join(', ')}${more}. Compute them, or leave these out.`,
      );
    }
    const data = new Float32Array(names.length * width);
    names.forEach((name, i) => data.set(rows.get(name)!, i * width));
    work.onProgress?.({ phase: 'features', done: names.length, total: names.length });
    return { rows: names.length, cols: width, data };
  }
}

function tableOf(
  file: string,
  tensor: Tensor | undefined,
  metadata: Readonly<Record<string, string>>,
  key: string,
): Table | undefined {
  if (tensor === undefined) return undefined;
  const names = namesIn(metadata[key]);
  const [count, width = 0] = tensor.dims;
  const fits = tensor.dtype === 'float32' && tensor.dims.length === 2 && names?.length === count;
  if (!fits || names === undefined) {
    throw new ClError(
      'INVALID_MODEL',
      `precomputed: ${file} has ${tensor.dtype} [${tensor.dims.join(', ')}] and ${names?.length ?? 'no'} ${key}, expected ` +
        `float32 [N, D] and the metadata "${key}" as a JSON array of N strings.`,
    );
  }
  const data = tensor.data as Float32Array;
  const rows = new Map(names.map((name, i) => [name, data.subarray(i * width, (i + 1) * width)]));
  return { width, rows };
}

function namesIn(text: string | undefined): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return Array.isArray(value) && value.every((one) => typeof one === 'string')
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
