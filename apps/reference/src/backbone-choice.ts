/** Which backbone a name stands for: an embedded one, a plugin, a Hub id or a folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  resolveOptions,
  type Backbone,
  type BackbonePlugin,
  type Registry,
  type WorkOptions,
} from '@cl/hub';
import type { Choice } from '@cl/runner';
import { tinyClipPath } from '@cl/tiny-clip';
import { knows, nameIn } from './plugins/resolve.ts';
import { readSpec } from './spec.ts';

/** Names of models that travel with the toolkit. */
export const embeddedBackbones: Readonly<
  Record<string, { readonly plugin: string; readonly options: Readonly<Record<string, unknown>> }>
> = {
  // 48 pixels: other devices spend more time on transfers than they save
  'tiny-clip': { plugin: 'clip', options: { model: tinyClipPath, device: 'cpu' } },
};

/** A backbone to load, and how the user named it. */
export interface BackboneChoice extends Choice<BackbonePlugin> {
  readonly name: string;
}

/**
 * Reads `tiny-clip`, `clip,model=…`, a Hub id or a folder, each with options after commas. What is no name of ours is
 * a CLIP when its `config.json` or, for a Hub id, its name says so, else a ViT.
 *
 * @throws ClError as `readSpec` does.
 */
export function chooseBackbone(text: string, registry: Registry): BackboneChoice {
  const [name = '', ...settings] = text.split(',');
  const embedded = embeddedBackbones[name];
  const isPlugin = knows(registry, 'backbone', nameIn(name));
  const plugin = embedded?.plugin ?? (isPlugin ? name : familyOf(name));
  const { options, ...spec } = readSpec('backbone', [plugin, ...settings].join(','), registry);
  const model = embedded === undefined && !isPlugin ? { model: modelOf(name) } : {};
  // With all features in the cache nobody asks for the model.
  const lazy = 'lazy' in spec.plugin.defaults ? { lazy: true } : {};
  return { ...spec, name, options: { ...lazy, ...embedded?.options, ...model, ...options } };
}

/**
 * Loads a backbone; it is called by the name that the user gave.
 *
 * @throws ClError what its plugin throws.
 */
export async function loadBackbone(choice: BackboneChoice, work: WorkOptions): Promise<Backbone> {
  const options = await resolveOptions(choice.plugin, choice.options, choice.preset);
  return choice.plugin.create(options, work);
}

function familyOf(name: string): 'clip' | 'vit' {
  const config = join(name, 'config.json');
  const says = existsSync(config) ? readFileSync(config, 'utf8') : name;
  return /clip/iu.test(says) ? 'clip' : 'vit';
}

/** A folder by its absolute path, a Hub id as it is. */
function modelOf(name: string): string {
  return existsSync(name) ? resolve(name) : name;
}
