/** Weights that a model keeps in files beside it, as models beyond 2 GB must. */
import { create } from '@bufbuild/protobuf';
import { ClError } from '@cl/hub';
import {
  TensorProto_DataLocation as Location,
  TensorProtoSchema,
  type TensorProto,
} from './generated/onnx_pb.ts';
import type { Initializer, Model } from './model.ts';

/** Where a tensor's bytes lie. */
export interface ExternalRange {
  /** Path of the file relative to the model's folder, with forward slashes; never leads out of it. */
  readonly location: string;
  /** First byte. */
  readonly offset: number;
  /** Number of bytes; `undefined` means up to the end of the file. */
  readonly length: number | undefined;
}

/** Reads some bytes of a file beside the model. */
export type ReadExternal = (range: ExternalRange) => Promise<Uint8Array>;

/**
 * The model with its external weights read in: none is left outside. Models without any are returned as they are.
 * The files are read tensor by tensor, one after the other; `@cl/onnx/node` has a reader for folders.
 *
 * @throws ClError `INVALID_MODEL` for a location that leads out of the model's folder, or none.
 * @throws ClError `CORRUPT_FILE` when fewer bytes come back than were asked for.
 */
export async function readExternalData(model: Model, read: ReadExternal): Promise<Model> {
  const { graph } = model;
  if (graph?.initializer.some(isExternal) !== true) return model;
  const initializer: Initializer[] = [];
  for (const tensor of graph.initializer) {
    initializer.push(isExternal(tensor) ? await readIn(tensor, read) : tensor);
  }
  return { ...model, graph: { ...graph, initializer } };
}

/** Whether a tensor's bytes lie in a file. */
export function isExternal(tensor: Initializer): boolean {
  return tensor.dataLocation === Location.EXTERNAL;
}

async function readIn(tensor: Initializer, read: ReadExternal): Promise<Initializer> {
  const range = rangeOf(tensor);
  const bytes = await read(range);
  if (range.length !== undefined && bytes.length !== range.length) {
    throw new ClError(
      'CORRUPT_FILE',
      `readExternalData: "${range.location}" gives ${bytes.length} bytes at ${range.offset} for tensor ` +
        `"${tensor.name}", expected ${range.length}. Fetch the file that belongs to the model again.`,
    );
  }
  const { name, dims, dataType, docString } = tensor as TensorProto;
  return create(TensorProtoSchema, { name, dims, dataType, docString, rawData: view(bytes) });
}

function view(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

function rangeOf(tensor: Initializer): ExternalRange {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const steps = location.split(/[/\\]/);
  if (location === '' || /^([/\\]|[a-z]:)/i.test(location) || steps.includes('..')) {
    throw new ClError(
      'INVALID_MODEL',
      `readExternalData: tensor "${tensor.name}" lies in "${location}", expected a path inside the model's folder. ` +
        'Do not trust this model, or save it again with its data beside it.',
    );
  }
  const length = entries.get('length');
  return {
    location,
    offset: count(tensor, 'offset', entries.get('offset') ?? '0'),
    length: length === undefined ? undefined : count(tensor, 'length', length),
  };
}

function count(tensor: Initializer, key: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new ClError(
    'INVALID_MODEL',
    `readExternalData: tensor "${tensor.name}" has ${key} "${text}", expected a number of bytes. ` +
      'Save the model again.',
  );
}
