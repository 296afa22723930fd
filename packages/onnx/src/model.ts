/** Models between bytes and data. */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { ClError } from '@cl/hub';
import {
  ModelProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from './generated/onnx_pb.ts';
import type { Immutable } from './immutable.ts';

/** An ONNX model: the messages of onnx.proto, only to be read. Change one by building another. */
export type Model = Immutable<ModelProto>;
/** A graph of a {@link Model}. */
export type Graph = Immutable<GraphProto>;
/** A node of a {@link Graph}. */
export type Node = Immutable<NodeProto>;
/** An initializer of a {@link Graph}: see `readTensor`. */
export type Initializer = Immutable<TensorProto>;

/** Protobuf counts bytes in 31 bits. */
const maxBytes = 2 ** 31 - 1;

/**
 * Reads a model file. Weights stay views of `bytes`: do not modify these afterwards.
 *
 * @throws ClError `CORRUPT_FILE` when the bytes are no complete protobuf message.
 * @throws ClError `INVALID_MODEL` when they are, but hold no graph.
 */
export function readModel(bytes: Uint8Array): Model {
  const model = parse(bytes);
  if (model.graph !== undefined && model.opsetImport.length > 0) return model;
  const missing = model.graph === undefined ? 'no graph' : 'no operator set';
  throw new ClError(
    'INVALID_MODEL',
    `readModel: ${bytes.length} bytes with ${missing}, expected an ONNX model. ` +
      'Check that the file is a .onnx file.',
  );
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    const text = new TextDecoder().decode(bytes.subarray(0, 40));
    const pointer = text.startsWith('version https://git-lfs');
    throw new ClError(
      'CORRUPT_FILE',
      `readModel: ${pointer ? 'a Git LFS pointer' : `${bytes.length} bytes that are no whole protobuf message`}, ` +
        `expected an ONNX model. ${pointer ? 'Run `git lfs pull`.' : 'Fetch or export the file again.'}`,
      { cause },
    );
  }
}

/**
 * The bytes of a model file.
 *
 * @throws ClError `NOT_SUPPORTED` when the model is larger than the 2 GB that protobuf can count.
 */
export function writeModel(model: Model): Uint8Array<ArrayBuffer> {
  // Initializers are all but everything; ask them first, so that a refusal costs no memory.
  const weights = (model.graph?.initializer ?? []).reduce((sum, t) => sum + t.rawData.length, 0);
  if (weights > maxBytes) throw tooLarge(weights);
  const bytes = toBinary(ModelProtoSchema, model as ModelProto);
  if (bytes.length > maxBytes) throw tooLarge(bytes.length);
  return bytes;
}

function tooLarge(bytes: number): ClError {
  return new ClError(
    'NOT_SUPPORTED',
    `writeModel: the model has ${(bytes / 2 ** 30).toFixed(2)} GiB, expected at most 2 GiB, the limit of protobuf ` +
      'messages. Pass large weights as inputs instead of initializers, or split the model.',
  );
}
