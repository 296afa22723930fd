/** Takes the markers out of a graph once they have been differentiated. */
import type { GraphNode, OnnxGraph } from '@cl/onnx';
import { markerDomain } from './emitter.ts';

/**
 * The graph without `StopGradient` and `StraightThrough`: who read a marker reads what it passed on. What remains is
 * ordinary ONNX. `backward` does this itself; a graph that is only run forward needs it too.
 */
export function eraseMarkers(graph: OnnxGraph): OnnxGraph {
  const sources = new Map<string, string>();
  const source = (name: string): string => sources.get(name) ?? name;
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(source);
    const output = node.outputs[0]!;
    if (node.domain !== markerDomain) nodes.push({ ...node, inputs });
    else if (graph.outputs.includes(output)) {
      nodes.push({ ...node, domain: '', opType: 'Identity', inputs: [inputs[0]!] });
    } else sources.set(output, inputs[0]!);
  }
  const kept = Object.entries(graph.domains).filter(([domain]) => domain !== markerDomain);
  return { ...graph, domains: Object.fromEntries(kept), nodes };
}
