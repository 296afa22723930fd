/**
 * Models without their large weights: a file is read in passing, and the bytes of its large tensors are left where
 * they are, as external data that lies in the file itself.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { ClError } from '@cl/hub';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation as Location,
  TensorProtoSchema,
} from './generated/onnx_pb.ts';

/** Tensors of fewer bytes come along: shapes, biases, the weights of norms. */
const largeBytes = 64 << 10;

/** The most bytes of a field's number and length, or of a number that is a field. */
const maxHead = 20;

const graphField = ModelProtoSchema.field.graph.number;
const initializerField = GraphProtoSchema.field.initializer.number;
const rawDataField = TensorProtoSchema.field.rawData.number;
const externalDataField = TensorProtoSchema.field.externalData.number;
const dataLocationField = TensorProtoSchema.field.dataLocation.number;

/** A model file that is read piece by piece. */
export interface ModelBytes {
  /** Its name, for those who look for the weights. */
  readonly location: string;
  readonly size: number;
  /** Reads so many bytes from a place on. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
}

/** A field of a message: its number, where it begins, and what is in it. */
interface Field {
  readonly number: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/**
 * The bytes of a model whose large tensors are external data in the file that it came from.
 *
 * @throws ClError `CORRUPT_FILE` when the file ends too early or is no protobuf message.
 */
export async function outlineOf(file: ModelBytes): Promise<Uint8Array> {
  const out = new BinaryWriter();
  await rewriteFields(file, 0, file.size, out, async (field) => {
    if (field.number !== graphField) return false;
    out.tag(graphField, WireType.LengthDelimited).fork();
    await rewriteFields(file, field.body, field.end, out, async (inner) => {
      if (inner.number !== initializerField || inner.end - inner.body < largeBytes) return false;
      out.tag(initializerField, WireType.LengthDelimited).fork();
      await rewriteFields(file, inner.body, inner.end, out, async (part) => {
        if (part.number !== rawDataField || part.end - part.body < largeBytes) return false;
        writePlace(out, file.location, part);
        return Promise.resolve(true);
      });
      out.join();
      return true;
    });
    out.join();
    return true;
  });
  return out.finish();
}

/** Copies the fields of a message, but for those that `replace` writes itself. */
async function rewriteFields(
  file: ModelBytes,
  start: number,
  end: number,
  out: BinaryWriter,
  replace: (field: Field) => Promise<boolean>,
): Promise<void> {
  for (let at = start; at < end;) {
    const field = await fieldAt(file, at, end);
    if (!(await replace(field))) out.raw(await file.read(at, field.end - at));
    at = field.end;
  }
}

async function fieldAt(file: ModelBytes, start: number, limit: number): Promise<Field> {
  const head = new BinaryReader(await file.read(start, Math.min(maxHead, limit - start)));
  let field: Field | undefined;
  try {
    const [number, type] = head.tag();
    if (type === WireType.LengthDelimited) {
      const length = head.uint32();
      field = { number, start, body: start + head.pos, end: start + head.pos + length };
    } else {
      const body = start + head.pos;
      head.skip(type);
      field = { number, start, body, end: start + head.pos };
    }
  } catch {
    field = undefined;
  }
  if (field !== undefined && field.end <= limit) return field;
  throw new ClError(
    'CORRUPT_FILE',
    `readModelOutline: "${file.location}" has no whole field at byte ${start}, expected an ONNX model. ` +
      'Fetch or export the file again.',
  );
}

/** The external data of a tensor, as its entries and its location. */
function writePlace(out: BinaryWriter, location: string, { body, end }: Field): void {
  for (const [key, value] of Object.entries({ location, offset: body, length: end - body })) {
    const entry = create(StringStringEntryProtoSchema, { key, value: String(value) });
    out.tag(externalDataField, WireType.LengthDelimited);
    out.bytes(toBinary(StringStringEntryProtoSchema, entry));
  }
  out.tag(dataLocationField, WireType.Varint).int32(Location.EXTERNAL);
}
