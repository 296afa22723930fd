/** A whole training in one call. */
import { createTrainer, type StepReport, type TrainerOptions } from '@cl/autodiff/node';
import { throwIfAborted, type Tensor, type WorkOptions } from '@cl/hub';
import { stepsOf, trainingBatches, type TrainingBatchesOptions } from './batches.ts';

/** What came of a training. */
export interface TrainingResult {
  /** The parameters by name, owned by the caller. */
  readonly tensors: Readonly<Record<string, Tensor<'float32'>>>;
  /** Each step's loss and length of the gradient. */
  readonly steps: readonly StepReport[];
}

/**
 * Takes a step for each batch and gives the parameters. Nothing that was passed in is changed, and thread and session are
 * gone afterwards, whatever happens: a lesson that fails leaves no trace.
 *
 * @param trainer - graph, loss, first parameters, optimiser.
 * @param batches - what to train on; `signal` is that of `work`.
 * @param work - signal, and progress by steps.
 * @throws ClError what `trainingBatches` and `Trainer.step` throw: `NON_FINITE` when it diverges, `ABORTED`.
 */
export async function trainOnBatches(
  trainer: TrainerOptions,
  batches: Omit<TrainingBatchesOptions, 'signal'>,
  work: WorkOptions = {},
): Promise<TrainingResult> {
  const { signal } = work;
  const steps = trainingBatches({ ...batches, signal }); // refuses before a thread is started
  const rows = Object.values(batches.inputs)[0]!.count;
  const running = createTrainer(trainer);
  try {
    const reports = await running.train(steps, { ...work, total: stepsOf(rows, batches) });
    throwIfAborted('training', signal);
    return { tensors: running.store.toTensors(), steps: reports };
  } finally {
    await running.dispose();
  }
}
