/** What a gradient rule is: one line of the table of derivatives, and what it is told of the node it works on. */
import { ClError } from '@cl/hub';
import {
  describeNode,
  floatAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  type GraphNode,
} from '@cl/onnx';
import type { Emitter } from './emitter.ts';
import { splitOperator, type Value } from './graph-writer.ts';

/**
 * How gradients pass through one operator.
 *
 * The rule of y = f(x₀, x₁, …) is its vector–Jacobian product: given dy = ∂loss/∂y it writes, with the emitter,
 * dxᵢ = dy · ∂y/∂xᵢ for each input, `null` where no gradient flows. Rules are free to be generous: a gradient that
 * broadcasts against x, or is larger than x because x was broadcast, is fitted to x by `backward`; one that nobody
 * asked for costs nothing, since nodes without a reader are dropped.
 */
export type Gradient = (n: NodeGradient, g: Emitter) => readonly (Value | null)[];

/** A {@link Gradient} and the operator it belongs to. */
export interface GradientRule {
  readonly opType: string;
  /** `''` for ONNX's own operators. */
  readonly domain: string;
  /** The operator means what the rule says from this version of its domain on. */
  readonly sinceVersion: number;
  readonly gradient: Gradient;
}

/**
 * Makes a rule.
 *
 * @param operator - with its domain, if that is not ONNX's own: `com.microsoft.QuickGelu`.
 */
export function rule(operator: string, sinceVersion: number, gradient: Gradient): GradientRule {
  const { domain, name: opType } = splitOperator(operator);
  return { opType, domain, sinceVersion, gradient };
}

/** A node of the forward graph, seen by its rule. */
export class NodeGradient {
  readonly node: GraphNode;
  readonly #g: Emitter;
  readonly #dys: readonly (Value | undefined)[];
  readonly #wanted: ReadonlySet<string>;
  readonly #value: (name: string) => Value;

  /**
   * `dys` is the gradient of each output, `undefined` where the loss does not depend on it; `wanted` the values whose
   * gradient is needed; `value` gives what the node read or made, or computes it again.
   */
  constructor(
    node: GraphNode,
    dys: readonly (Value | undefined)[],
    wanted: ReadonlySet<string>,
    g: Emitter,
    value: (name: string) => Value = (name) => g.value(name),
  ) {
    this.node = node;
    this.#value = value;
    this.#dys = dys;
    this.#wanted = wanted;
    this.#g = g;
  }

  /** Gradient of the first output; its shape is the output's. */
  get dy(): Value {
    return this.dyOf(0);
  }

  /** Gradient of output i; zeros where the loss does not depend on it. */
  dyOf(i: number): Value {
    const y = this.#g.value(this.node.outputs[i]!);
    return this.#dys[i] ?? this.#g.expand(this.#g.scalar(0, y.elementType), y.dims);
  }

  /** The first output. */
  get y(): Value {
    return this.#value(this.node.outputs[0]!);
  }

  /** Input i. */
  x(i: number): Value {
    return this.#value(this.node.inputs[i]!);
  }

  /** Whether input i is there: optional ones may be absent. */
  has(i: number): boolean {
    return (this.node.inputs[i] ?? '') !== '';
  }

  /** Whether somebody needs the gradient of input i: worth asking only before refusing to give it. */
  wants(i: number): boolean {
    return this.#wanted.has(this.node.inputs[i] ?? '');
  }

  /** All inputs. */
  get xs(): readonly Value[] {
    return this.node.inputs.map((name) => this.#value(name));
  }

  int(name: string, fallback: number): number {
    return intAttribute(this.node, name, fallback);
  }

  ints(name: string): readonly number[] | undefined {
    return intsAttribute(this.node, name);
  }

  float(name: string, fallback: number): number {
    return floatAttribute(this.node, name, fallback);
  }

  string(name: string, fallback: string): string {
    return stringAttribute(this.node, name, fallback);
  }

  /** The numbers of input i when they are a constant, as axes and starts are; `undefined` when they are computed. */
  numbers(i: number): readonly number[] | undefined {
    const tensor = this.has(i) ? this.#g.constantOf(this.x(i)) : undefined;
    return tensor === undefined ? undefined : Array.from(tensor.data as Iterable<number>, Number);
  }

  /**
   * The constant integers of input i, or `undefined` when it is absent.
   *
   * @throws ClError `NOT_SUPPORTED` when they are computed.
   */
  integers(i: number): readonly number[] | undefined {
    if (!this.has(i)) return undefined;
    return (
      this.numbers(i) ??
      this.refuse(`input ${i} is computed`, 'a constant', 'Fold constants first: simplify().')
    );
  }

  /** The error of a rule that does not cover a case. */
  refuse(found: string, expected: string, advice: string): never {
    throw new ClError(
      'NOT_SUPPORTED',
      `backward: ${describeNode(this.node)}: ${found}, expected ${expected}. ${advice}`,
    );
  }
}
