/**
 * ONNX models as data: build, read and write graphs. Runs anywhere, browsers included.
 *
 * @packageDocumentation
 */
export type { AttributeValue } from './attribute.ts';
export { elementTypeOf } from './element-type.ts';
export type { ElementArrays, ElementType, OnnxTensor } from './element-type.ts';
export { fromFloat16, toFloat16 } from './float16.ts';
export { GraphBuilder } from './graph-builder.ts';
export type { Dim, ModelOptions, NodeOptions } from './graph-builder.ts';
export type { Immutable } from './immutable.ts';
export { readModel, writeModel } from './model.ts';
export type { Graph, Initializer, Model, Node } from './model.ts';
export { readTensor } from './tensor.ts';
