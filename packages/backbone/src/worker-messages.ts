/** What the threads of a backbone say to each other. */
import type { ImageView } from '@cl/hub';
import type { SentError } from '@cl/hub/node';
import type { LoadedImage } from '@cl/images';
import type { Recipe } from './recipe.ts';

/** An image ready to be sent to the preparation thread. */
export interface SentImage {
  readonly id: string;
  readonly source: LoadedImage;
  /** The part to prepare; absent: the whole, as the model's preprocessor takes it. */
  readonly view?: ImageView | undefined;
}

/** A batch of prepared images, or the errors of those that cannot be decoded. */
export interface PreparedImages {
  /** float32 [N, 3, S, S]. */
  readonly pixels: Float32Array<ArrayBuffer>;
  readonly errors: readonly SentError[];
}

/** Tokens of texts: int64 [N, L], the shorter ones padded. */
export interface PreparedTexts {
  readonly count: number;
  readonly ids: BigInt64Array<ArrayBuffer>;
  readonly mask: BigInt64Array<ArrayBuffer>;
}

/** What the preparation thread is started with. */
export interface PreparationData {
  readonly folder: string;
  readonly recipe: Recipe;
}

/** How features are read from an output: as they are, or the first token of a sequence. */
export interface FeatureOutput {
  readonly name: string;
  readonly take: 'all' | 'first-token';
}

/** A tower to load. */
export interface Tower {
  /** Path of the ONNX file. */
  readonly path: string;
  readonly output: FeatureOutput;
  /** Side of its images in pixels: of a tower with weights in floating point, which may run lean (`lean-tower.ts`). */
  readonly imageSize?: number;
}

/** How a tower is run: as the file says, or without what nobody reads. */
export type TowerForm = 'file' | 'lean';

/** What the inference thread is started with. */
export interface InferenceData {
  readonly towers: Readonly<Record<string, Tower>>;
  readonly provider: string;
  /** Threads within an operator. */
  readonly threads: number;
}

/** A run of a tower on inputs by name. */
export interface InferenceRequest {
  readonly tower: string;
  readonly count: number;
  readonly inputs: Readonly<Record<string, SentTensor>>;
}

/** A tensor on its way to the inference thread. */
interface SentTensor {
  readonly type: 'float32' | 'int64';
  readonly dims: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>;
}
