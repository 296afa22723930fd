/**
 * Training and evaluation on onnxruntime in a thread of its own: what needs Node.
 *
 * @packageDocumentation
 */
export type { Batch } from './batch.ts';
export { createEvaluator } from './evaluator.ts';
export type { Evaluator, EvaluatorOptions } from './evaluator.ts';
export { splitBatch } from './rows.ts';
export { createTrainer } from './trainer.ts';
export type { StepReport, Trainer, TrainerOptions } from './trainer.ts';
