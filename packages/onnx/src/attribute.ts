/** Attributes of nodes, from plain values. */
import { create } from '@bufbuild/protobuf';
import { ClError } from '@cl/hub';
import type { OnnxTensor } from './element-type.ts';
import {
  AttributeProto_AttributeType as Type,
  AttributeProtoSchema,
  type AttributeProto,
  type GraphProto,
} from './generated/onnx_pb.ts';
import type { Graph } from './model.ts';
import { tensorProto } from './tensor.ts';

/**
 * An attribute's value. The JavaScript type tells ONNX's: `bigint` is INT, `number` is FLOAT, so
 * `Gemm` takes `{ transA: 1n, alpha: 0.5 }`.
 */
export type AttributeValue =
  | bigint
  | number
  | string
  | readonly bigint[]
  | readonly number[]
  | readonly string[]
  | OnnxTensor
  | Graph;

/**
 * An attribute as the file keeps it.
 *
 * @throws ClError `INVALID_DATA` for a list that is empty (its type is unknown) or mixed.
 */
export function attributeProto(name: string, value: AttributeValue): AttributeProto {
  const make = (init: Partial<AttributeProto>): AttributeProto =>
    create(AttributeProtoSchema, { name, ...init } as AttributeProto);
  if (typeof value === 'bigint') return make({ type: Type.INT, i: value });
  if (typeof value === 'number') return make({ type: Type.FLOAT, f: value });
  if (typeof value === 'string') return make({ type: Type.STRING, s: utf8(value) });
  if (isGraph(value)) return make({ type: Type.GRAPH, g: value as GraphProto });
  if (isTensor(value)) return make({ type: Type.TENSOR, t: tensorProto(name, value) });
  if (isListOf(value, 'bigint')) return make({ type: Type.INTS, ints: [...value] });
  if (isListOf(value, 'number')) return make({ type: Type.FLOATS, floats: [...value] });
  if (isListOf(value, 'string')) return make({ type: Type.STRINGS, strings: value.map(utf8) });
  throw new ClError(
    'INVALID_DATA',
    `attribute "${name}": is an empty or a mixed list, expected bigints (INTS), ` +
      'numbers (FLOATS) or strings (STRINGS). Leave the attribute out, or use one type.',
  );
}

interface ListTypes {
  readonly bigint: bigint;
  readonly number: number;
  readonly string: string;
}

function isListOf<K extends keyof ListTypes>(
  value: readonly (bigint | number | string)[],
  type: K,
): value is readonly ListTypes[K][] {
  return value.length > 0 && value.every((item) => typeof item === type);
}

function isGraph(value: object): value is Graph {
  return '$typeName' in value;
}

function isTensor(value: object): value is OnnxTensor {
  return 'dtype' in value;
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
