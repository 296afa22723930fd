import { Emitter } from '@cl/autodiff';
import type { Tensor } from '@cl/hub';
import { attentionSites, graphFromModel, readModel, simplify, type OnnxGraph } from '@cl/onnx';
import { attachPrefixes } from '@cl/training';
import { expect, test } from 'vitest';
import { exported, fused, noise, open, vits } from './support/backbones.ts';
import { apart, runGraph } from './support/run-graph.ts';

/** float32 through two layers, relative to the largest feature. */
const tolerance = 1e-5;

/** A graph with prompts of four tokens before keys and values of both its attentions. */
function prompted(graph: OnnxGraph): OnnxGraph {
  const sites = attentionSites(graph);
  const g = new Emitter(graph);
  g.input('prompt', 'float32', [2, 4, 32]);
  const prompts = sites.map((_, layer) => ({ layer, prompt: 'prompt' }));
  return attachPrefixes(g.build(graph.outputs), sites, prompts);
}

test.each([...vits, ...fused])('prompts of %s reach the only query that is left', async (file) => {
  const backbone = exported(file);
  const pixels = await backbone.pixels(noise(2));
  const data = Float32Array.from({ length: 2 * 4 * 32 }, (_, i) => Math.sin(i));
  const prompt: Tensor = { dtype: 'float32', dims: [2, 4, 32], data };
  // All tokens of the file's own graph, and the first of each image.
  const { model } = await backbone.graph();
  const inputDims = { pixel_values: [2, 3, 32, 32] };
  const whole = prompted(simplify(graphFromModel(readModel(model)), { inputDims }));
  const { last_hidden_state: tokens } = await runGraph(whole, { pixel_values: pixels, prompt });
  const length = tokens!.length / 2;
  const expected = [0, length].flatMap((start) => [...tokens!.subarray(start, start + 32)]);

  const opened = await open(file);
  const { features } = await runGraph(prompted(opened.graph(2)), { pixels, prompt });
  expect(apart(features!, expected)).toBeLessThan(tolerance);
  const { features: plain } = await runGraph(opened.graph(2), { pixels });
  expect(apart(plain!, expected)).toBeGreaterThan(1e-3); // the prompts do something
});
