/**
 * ONNX models as data: build, read and write graphs. Runs anywhere, browsers included.
 *
 * @packageDocumentation
 */
export { cacheSetPeriod, padAlignedRows } from './aligned-rows.ts';
export { rewriteForAnyBatch } from './any-batch.ts';
export type { BatchInput } from './any-batch.ts';
export { attentionSites } from './attention.ts';
export type { AttentionSite } from './attention.ts';
export type { AttributeValue } from './attribute.ts';
export { removeDeadCode, shareCommon } from './dead-code.ts';
export type { Dims } from './dims.ts';
export { elementTypeOf } from './element-type.ts';
export type { ElementArrays, ElementType, OnnxTensor } from './element-type.ts';
export { readExternalData } from './external-data.ts';
export type { ExternalRange, ReadExternal } from './external-data.ts';
export { fromFloat16, toFloat16 } from './float16.ts';
export { fuseAttention } from './fused-attention.ts';
export { consumersOf, describeNode, producersOf, typeOfTensor } from './graph.ts';
export type { GraphInput, GraphNode, OnnxGraph, ValueType } from './graph.ts';
export { GraphBuilder } from './graph-builder.ts';
export type { Dim, ModelOptions, NodeOptions } from './graph-builder.ts';
export { assertGraph, graphFromModel, modelFromGraph } from './graph-model.ts';
export type { Immutable } from './immutable.ts';
export { foldConstants, inferTypes, typeRules } from './infer.ts';
export type { FoldOptions, InferOptions } from './infer.ts';
export { readModel, writeModel } from './model.ts';
export type { Graph, Initializer, Model, Node } from './model.ts';
export { floatAttribute, intAttribute, intsAttribute, stringAttribute } from './node-attributes.ts';
export { upgradeOpset } from './opset.ts';
export { printGraph, printNode, printType } from './print.ts';
export { rewriteModel } from './rewrite-model.ts';
export { recognize, simplify, weightsOf } from './simplify.ts';
export { readTensor } from './tensor.ts';
export { NodeView } from './types/rule.ts';
export type { TypeRule, TypeRules } from './types/rule.ts';
export { dropUnreadTokens } from './unread-tokens.ts';
