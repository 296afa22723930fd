/** A backbone that is loaded when something is asked of it that is not known yet. */
import type { Backbone } from '@cl/hub';

/** What is known of a backbone without loading it: data, which threads hand to one another. */
export type BackboneFacts = Pick<
  Backbone,
  | 'id'
  | 'fingerprint'
  | 'capabilities'
  | 'device'
  | 'dtype'
  | 'imageSize'
  | 'featureDim'
  | 'logitScale'
>;

/** The facts of a backbone. */
export function factsOf(backbone: Backbone): BackboneFacts {
  const { id, fingerprint, capabilities, device, dtype, imageSize, featureDim, logitScale } =
    backbone;
  return {
    ...{ id, fingerprint, capabilities, device, dtype, imageSize, featureDim },
    ...(logitScale !== undefined && { logitScale }),
  };
}

/** A backbone of these facts; `load` is called at most once. */
export function lazyBackbone(facts: BackboneFacts, load: () => Promise<Backbone>): Backbone {
  let loading: Promise<Backbone> | undefined;
  const loaded = (): Promise<Backbone> => (loading ??= load());
  return {
    ...facts,
    embedImages: async (...given) => (await loaded()).embedImages(...given),
    ...(facts.capabilities.includes('text-features') && {
      embedTexts: async (...given) => (await loaded()).embedTexts!(...given),
    }),
    ...(facts.capabilities.includes('graph') && {
      graph: async () => (await loaded()).graph!(),
      pixels: async (...given) => (await loaded()).pixels!(...given),
    }),
    dispose: async () => (await loading)?.dispose(),
  };
}
