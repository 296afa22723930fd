/**
 * First-session adaptation, phase 1 of RanPAC (McDonnell et al., NeurIPS 2023): on the first experience, and on no other, a few
 * parameters are trained inside the frozen tower with a head that is thrown away, so that its features suit the images to come.
 * The authors take AdaptFormer, SSF or visual prompts; here it is prefixes to the keys and values of attentions.
 */
import { Emitter } from '@cl/autodiff';
import type { FeatureSource, Lesson, Random, Tensor, WorkOptions } from '@cl/hub';
import { attentionSites, type OnnxGraph } from '@cl/onnx';
import {
  attachPrefixes,
  createFeatureExtractor,
  emptyHead,
  growHead,
  imageSource,
  type ImageModel,
} from '@cl/training';
import { promptWidth } from './prompted-tower.ts';
import type { TowerTraining } from './tower-options.ts';
import { trainTower, type Tensors } from './tower-training.ts';

/** What is trained, and how. */
export interface FirstSessionOptions extends TowerTraining {
  readonly layers: readonly number[];
  readonly promptLength: number;
}

/** Features of the adapted tower, computed anew each time. */
export interface AdaptedSource extends FeatureSource {
  /** Frees the thread; safe to call twice. */
  dispose(): Promise<void>;
}

/**
 * Prefixes trained on a lesson.
 *
 * @throws ClError what `trainTower` throws; `INVALID_OPTION` for a layer that the model does not have.
 */
export async function adapt(
  where: string,
  model: ImageModel,
  { images, labels, classes }: Lesson,
  options: FirstSessionOptions,
  random: Random,
  work: WorkOptions,
): Promise<Tensors> {
  const shapes = prefixShapes(where, model, options);
  const start = Object.entries(shapes).map(([name, dims]): [string, Tensor<'float32'>] => {
    const own = random.fork(name);
    const length = dims.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length }, () => 0.02 * own.normal());
    return [name, { dtype: 'float32', dims, data }];
  });
  const { tensors } = await trainTower(
    where,
    {
      graph: (rows) => prefixedTower(model, rows, shapes),
      tensors: Object.fromEntries(start),
      head: growHead(emptyHead(model.featureDim), classes, random.fork('head')),
      inputs: { pixels: imageSource(model.backbone, images) },
      labels,
    },
    options,
    random,
    work,
  );
  return tensors;
}

/** The features of a tower with these prefixes. */
export function adaptedSource(
  model: ImageModel,
  prefixes: Tensors,
  { threads }: FirstSessionOptions,
): AdaptedSource {
  const shapes = Object.fromEntries(
    Object.entries(prefixes).map(([name, { dims }]) => [name, dims]),
  );
  const extractor = createFeatureExtractor(model, {
    graph: (rows) => prefixedTower(model, rows, shapes),
    parameters: new Map(Object.entries(prefixes)),
    threads,
  });
  return {
    fingerprint: model.fingerprint,
    featureDim: model.featureDim,
    async images(images, work) {
      const { rows, data } = await extractor.features(images, work);
      return { rows, cols: model.featureDim, data };
    },
    dispose: () => extractor.dispose(),
  };
}

/** [1, Lp, H·d] for each layer: `prefix.0`, `prefix.1`, … */
export function prefixShapes(
  where: string,
  model: ImageModel,
  { layers, promptLength }: FirstSessionOptions,
): Readonly<Record<string, readonly number[]>> {
  const all = attentionSites(model.graph(2)).map((_, layer) => layer);
  return Object.fromEntries(
    (layers.length === 0 ? all : layers).map((layer) => [
      `prefix.${layer}`,
      [1, promptLength, promptWidth(where, model, layer)],
    ]),
  );
}

/** The tower with an input for each prefix, the same for all images. */
function prefixedTower(
  model: ImageModel,
  rows: number,
  shapes: Readonly<Record<string, readonly number[]>>,
): OnnxGraph {
  const graph = model.graph(rows);
  const sites = attentionSites(graph);
  const g = new Emitter(graph);
  const places = Object.entries(shapes).map(([name, dims]) => ({
    layer: Number(name.split('.')[1]),
    prompt: g.expand(g.input(name, 'float32', dims), dims.with(0, rows)).name,
  }));
  const extended = g.build(['features', ...places.map(({ prompt }) => prompt)]);
  return attachPrefixes(extended, sites, places);
}
