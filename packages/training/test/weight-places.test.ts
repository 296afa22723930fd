import type { ImageModel, WeightPlace } from '@cl/training';
import { expect, test } from 'vitest';
import { clips, fused, open, vits } from './support/backbones.ts';

/** Names by block and role, sorted: `0 query: a, b`. */
function grouped({ places }: ImageModel): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, { block, role }] of places) {
    const key = `${block ?? '-'} ${role}`;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return groups;
}

test('places are those that the names of a ViT say', async () => {
  const model = await open('vit-dynamo');
  expect(model.blocks).toBe(2);
  const groups = grouped(model);
  expect(groups.get('- embedding')).toEqual([
    'model.embeddings.patch_embeddings.projection.weight',
    'model.embeddings.patch_embeddings.projection.bias',
    'model.embeddings.cls_token',
    'model.embeddings.position_embeddings',
  ]);
  for (const block of [0, 1]) {
    const layer = `model.layers.${block}`;
    const bias = (name: string): unknown => expect.stringContaining(`${layer}.${name}.bias`);
    // Each product with its bias; the exporter transposed the matrices and gave them names of its own.
    for (const [role, name] of [
      ['query', 'attention.q_proj'],
      ['key', 'attention.k_proj'],
      ['value', 'attention.v_proj'],
      ['attention-output', 'attention.o_proj'],
    ] as const) {
      expect(groups.get(`${block} ${role}`), role).toEqual([expect.any(String), bias(name)]);
    }
    const mlp = groups.get(`${block} mlp`)!;
    expect(mlp).toHaveLength(4);
    expect(mlp).toEqual(expect.arrayContaining([bias('mlp.fc1'), bias('mlp.fc2')]));
    expect(groups.get(`${block} norm`)!.toSorted()).toEqual([
      `${layer}.layernorm_after.bias`,
      `${layer}.layernorm_after.weight`,
      `${layer}.layernorm_before.bias`,
      `${layer}.layernorm_before.weight`,
    ]);
  }
  expect(groups.get('- norm')!.toSorted()).toEqual([
    'model.layernorm.bias',
    'model.layernorm.weight',
  ]);
  expect([...groups.values()].flat()).toHaveLength(38);
});

test.each([...vits, ...fused, ...clips])(
  'of %s hold every role, each block alike',
  async (file) => {
    const model = await open(file);
    const count = (block: number | undefined): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const place of model.places.values()) {
        if (place.block === block) counts[place.role] = (counts[place.role] ?? 0) + 1;
      }
      return counts;
    };
    const scaled = file.startsWith('dinov2') ? 1 : 0; // each part has a scale of its own
    const projections = fused.includes(file) ? { qkv: 2 } : { query: 2, key: 2, value: 2 };
    const block = { ...projections, 'attention-output': 2 + scaled, mlp: 4 + scaled, norm: 4 };
    expect(model.blocks).toBe(2);
    expect(count(0)).toEqual(block);
    expect(count(1)).toEqual(block);
    const outside = count(undefined);
    expect(outside['final'] ?? 0).toBe(file.startsWith('clip') ? 1 : 0); // CLIP's projection
    expect(outside['norm']).toBe(file.startsWith('clip') ? 4 : 2);
  },
);

test('places tell matrices from biases, gains and tokens', async () => {
  const { places, weights } = await open('vit-dynamo');
  const matrices = [...places]
    .filter(([, { matrix }]) => matrix)
    .map(([name]) => weights.get(name)!.dims);
  expect(matrices).toHaveLength(14); // 2 × (4 of attention + 2 of the MLP), patches, positions
  expect(matrices.every((dims) => dims.length >= 2)).toBe(true);
  const roleOf = (name: string): WeightPlace => places.get(name)!;
  expect(roleOf('model.embeddings.cls_token').matrix).toBe(false);
  expect(roleOf('model.embeddings.position_embeddings').matrix).toBe(true);
});
