/** Graphs as text: one node a line, for people and for tests that compare. */
import type { AttributeValue } from './attribute.ts';
import type { ElementType, OnnxTensor } from './element-type.ts';
import { fromFloat16 } from './float16.ts';
import type { GraphNode, OnnxGraph, ValueType } from './graph.ts';

/** Constants up to this many elements are printed where they are read. */
const smallConstant = 8;

/**
 * A graph as text, deterministic:
 *
 * ```text
 * opset 17
 * input x: float32[batch, 4]
 * const w: float32[4, 3]
 * h = MatMul(x, w)  # float32[batch, 3]
 * y = Reshape{allowzero: 0}(h, [-1])  # float32[?]
 * output y
 * ```
 *
 * Operators of another domain carry its name (`com.microsoft.QuickGelu`), absent inputs and outputs are `_`,
 * small constants stand where they are read, large ones are listed with their types.
 */
export function printGraph(graph: OnnxGraph): string {
  const lines = [`opset ${graph.opset}`];
  for (const input of graph.inputs) lines.push(`input ${input.name}: ${printType(input)}`);
  for (const [name, tensor] of graph.initializers) {
    if (tensor.data.length <= smallConstant) continue;
    lines.push(`const ${name}: ${printType({ elementType: tensor.dtype, dims: tensor.dims })}`);
  }
  for (const node of graph.nodes) lines.push(printNode(graph, node));
  for (const output of graph.outputs) lines.push(`output ${printInput(graph, output)}`);
  return lines.join('\n') + '\n';
}

/** A type as text: `float32[batch, 4]`. */
export function printType({ elementType, dims }: ValueType): string {
  return `${elementType}[${dims.join(', ')}]`;
}

/** A node as text: `y = Softmax{axis: -1}(x)  # float32[2, 3]`. */
export function printNode(graph: OnnxGraph, node: GraphNode): string {
  const { opType, domain, inputs, outputs } = node;
  const entries = Object.entries(node.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  const attributes = entries.map(([name, value]) => `${name}: ${printAttribute(value)}`).join(', ');
  const call =
    `${domain === '' ? '' : `${domain}.`}${opType}` +
    (attributes === '' ? '' : `{${attributes}}`) +
    `(${inputs.map((input) => printInput(graph, input)).join(', ')})`;
  const types = outputs
    .filter((output) => output !== '')
    .map((output) => graph.types.get(output))
    .map((type) => (type === undefined ? '?' : printType(type)));
  return `${outputs.map((output) => output || '_').join(', ')} = ${call}  # ${types.join(', ')}`;
}

function printInput(graph: OnnxGraph, name: string): string {
  const tensor = graph.initializers.get(name);
  if (tensor !== undefined && tensor.data.length <= smallConstant) return printTensor(tensor);
  return name || '_';
}

const suffixes: Partial<Record<ElementType, string>> = { float32: '', int64: '', bool: '' };

/** Numbers in brackets as deep as the tensor has dims; the type follows unless it is the usual one. */
function printTensor({ dtype, dims, data }: OnnxTensor): string {
  const values = dtype === 'float16' ? fromFloat16(data as Uint16Array) : data;
  const numbers = Array.from(values as ArrayLike<number | bigint>, (value) => {
    if (dtype === 'bool') return value === 0 ? 'false' : 'true';
    return dtype === 'float32' ? shortest(value as number) : String(value);
  });
  if (dims.length > 1) return `${dtype}[${dims.join(', ')}](${numbers.join(', ')})`;
  const text = dims.length === 0 ? numbers.join('') : `[${numbers.join(', ')}]`;
  return `${text}${suffixes[dtype] ?? `:${dtype}`}`;
}

function printAttribute(value: AttributeValue): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number') return shortest(value);
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) {
    return `[${(value as AttributeValue[]).map(printAttribute).join(', ')}]`;
  }
  return 'dtype' in value ? printTensor(value) : 'graph';
}

/** The shortest decimal that is the same float32: 0.1, not 0.10000000149011612; 1.0, as 1 is an integer. */
function shortest(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return value.toFixed(1);
  for (let digits = 1; digits <= 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Object.is(Math.fround(text), Math.fround(value))) return String(text);
  }
  return String(value);
}
