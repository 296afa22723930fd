/**
 * ONNX models as data: build, read and write graphs.
 *
 * @packageDocumentation
 */
export {};
