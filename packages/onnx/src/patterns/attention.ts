/** The Attention operator of opset 23, spelled out: later stages know one form of attention only. */
import type { OnnxTensor } from '../element-type.ts';
import { floatAttribute, intAttribute } from '../node-attributes.ts';
import type { Rewrite, Surroundings } from '../rewrite.ts';

/** Y = softmax(s · Q Kᵀ + mask) V for Q [N, H, T, d], K and V [N, H, S, d]; s = 1/√d when not given. */
const attention: Rewrite = (node, g) => {
  if (node.opType !== 'Attention' || node.domain !== '' || node.outputs.length > 1)
    return undefined;
  const [q, k, v, mask = ''] = node.inputs as [string, string, string, string | undefined];
  const [from, to, type] = [g.dims(q), g.dims(k), g.type(q)];
  if (!from || !to || type?.elementType !== 'float32') return undefined;
  const plain = from[1] === to[1] && floatAttribute(node, 'softcap', 0) === 0;
  if (!plain || node.inputs.length > 4) return undefined;
  const scale = floatAttribute(node, 'scale', 1 / Math.sqrt(from[3]!));
  const keys = g.emit('Transpose', [k], { perm: [0n, 1n, 3n, 2n] });
  const factor = g.add({ dtype: 'float32', dims: [], data: Float32Array.of(scale) });
  let scores = g.emit('Mul', [g.emit('MatMul', [q, keys]), factor]);
  if (intAttribute(node, 'is_causal', 0) !== 0) {
    scores = g.emit('Add', [scores, g.add(causal(from[2]!, to[2]!))]);
  }
  if (mask !== '') scores = g.emit('Add', [scores, additive(mask, g)]);
  return g.emit('MatMul', [g.emit('Softmax', [scores], { axis: -1n }), v]);
};

/** Rules that spell Attention out. */
export const attentionRules: readonly Rewrite[] = [attention];

/** A mask of truth values says what may be seen; one of numbers is added. */
function additive(mask: string, g: Surroundings): string {
  if (g.type(mask)?.elementType !== 'bool') return mask;
  const number = (value: number): string =>
    g.add({ dtype: 'float32', dims: [], data: Float32Array.of(value) });
  return g.emit('Where', [mask, number(0), number(-Infinity)]);
}

/** −∞ for keys after the query. */
function causal(queries: number, keys: number): OnnxTensor {
  const data = new Float32Array(queries * keys);
  for (let i = 0; i < data.length; i++) {
    if (i % keys > Math.floor(i / keys)) data[i] = -Infinity;
  }
  return { dtype: 'float32', dims: [queries, keys], data };
}
