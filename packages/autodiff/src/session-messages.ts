/** What passes between a trainer or an evaluator and the thread that runs its sessions. */
import type { MessagePort } from 'node:worker_threads';
import type { ClErrorCode, Tensor } from '@cl/hub';
import type { OnnxTensor } from '@cl/onnx';
import type { OptimizerPlan } from './optimizers/optimizer.ts';
import type { ParameterEntry } from './parameter-store.ts';

/** A tensor in a message. */
export interface MessageTensor {
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly data: OnnxTensor['data'];
}

/** Tensors by name. */
export type MessageTensors = Readonly<Record<string, MessageTensor>>;

/** Where sessions run. */
export type Device = 'cpu' | 'webgpu';

/** Makes a session of a model's bytes. */
export interface LoadCall {
  readonly method: 'load';
  readonly key: string;
  readonly model: Uint8Array;
  readonly threads: number;
  readonly device: Device;
}

/** Hands over inputs that stay in the thread: every run whose feeds lack them uses them. */
interface SetCall {
  readonly method: 'set';
  readonly tensors: MessageTensors;
}

/** Runs a session forward. */
interface RunCall {
  readonly method: 'run';
  readonly key: string;
  readonly feeds: MessageTensors;
}

/** Makes room for parameters and optimiser. */
export interface StartCall {
  readonly method: 'start';
  readonly entries: readonly ParameterEntry[];
  readonly plan: OptimizerPlan;
  readonly loss: string;
  /** See `Control`. */
  readonly control: SharedArrayBuffer;
  /** Where calls are answered that the caller waits for without its event loop. */
  readonly port: MessagePort;
}

/** Takes a step. */
export interface StepCall {
  readonly method: 'step';
  readonly parts: readonly {
    readonly key: string;
    readonly rows: number;
    readonly feeds: MessageTensors;
  }[];
  /** Learning rates of this step by those of groups. */
  readonly rates: readonly (readonly [base: number, now: number])[];
  readonly maxGradientNorm: number | undefined;
  /** Parameters that the caller has had in its hands since the last step. */
  readonly values: Float32Array<ArrayBuffer> | undefined;
}

/** Gives copies of the parameters, of the optimiser's history, or both. */
export interface ReadCall {
  readonly method: 'read';
  readonly what: 'values' | 'history' | 'both';
}

/** Continues from a saved history. */
interface RestoreCall {
  readonly method: 'restore';
  readonly history: Readonly<Record<string, Tensor>>;
}

/** Frees everything; answered with the bytes of arrays and the like that are left until garbage is collected. */
interface CloseCall {
  readonly method: 'close';
}

/** Ends the thread. */
interface EndCall {
  readonly method: 'end';
}

/** A call to the thread. */
export type SessionCall =
  | LoadCall
  | SetCall
  | RunCall
  | StartCall
  | StepCall
  | ReadCall
  | RestoreCall
  | CloseCall
  | EndCall;

/** A call on its way. */
export interface SentCall {
  /** Its answer has the same. */
  readonly id: number;
  /** Whether the caller waits for the answer without its event loop. */
  readonly waiting: boolean;
  readonly call: SessionCall;
}

/** What came of a step. */
export interface StepResult {
  readonly loss: number;
  /** Before it was shortened; not finite when one of the gradients is not. */
  readonly gradientNorm: number;
  /** Norms by parameter when loss or gradient are not finite, which leaves the parameters as they were. */
  readonly norms?: readonly { readonly name: string; readonly norm: number }[];
}

/** What a {@link ReadCall} gives. */
export interface ReadResult {
  readonly values?: Float32Array<ArrayBuffer>;
  readonly history?: Readonly<Record<string, Tensor>>;
}

/** What the thread says. */
export interface SessionAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: {
    /** In onnxruntime's words, or a whole sentence when there is a code. */
    readonly message: string;
    readonly code: ClErrorCode | undefined;
  };
}

/** Int32 cells that both sides see at once. */
export const Control = {
  /** 1 asks the step under way to stop before it changes anything. */
  abort: 0,
  /** 1 once the answer that is waited for has been sent. */
  answered: 1,
  cells: 2,
} as const;
