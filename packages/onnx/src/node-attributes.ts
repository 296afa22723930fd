/** Attributes of nodes as the plain numbers that rules work with. */
import { ClError } from '@cl/hub';
import type { AttributeValue } from './attribute.ts';
import { describeNode, type GraphNode } from './graph.ts';

/** An INT attribute as a number, or `fallback` when it is absent. */
export function intAttribute(node: GraphNode, name: string, fallback: number): number {
  const value = node.attributes[name];
  if (value === undefined) return fallback;
  if (typeof value === 'bigint') return Number(value);
  throw wrongType(node, name, value, 'an integer');
}

/** An INTS attribute as numbers, or `undefined` when it is absent. */
export function intsAttribute(node: GraphNode, name: string): readonly number[] | undefined {
  const value = node.attributes[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'bigint')) {
    return value.map(Number);
  }
  throw wrongType(node, name, value, 'a list of integers');
}

/** A FLOAT attribute, or `fallback` when it is absent. */
export function floatAttribute(node: GraphNode, name: string, fallback: number): number {
  const value = node.attributes[name];
  if (value === undefined) return fallback;
  if (typeof value === 'number') return value;
  throw wrongType(node, name, value, 'a float');
}

/** A STRING attribute, or `fallback` when it is absent. */
export function stringAttribute(node: GraphNode, name: string, fallback: string): string {
  const value = node.attributes[name];
  if (value === undefined) return fallback;
  if (typeof value === 'string') return value;
  throw wrongType(node, name, value, 'a string');
}

function wrongType(
  node: GraphNode,
  name: string,
  value: AttributeValue,
  expected: string,
): ClError {
  const found = Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  return new ClError(
    'INVALID_MODEL',
    `${describeNode(node)}: attribute "${name}" is ${found}, expected ${expected}. ` +
      'Export the model again.',
  );
}
