/** What passes between a trainer or an evaluator and the thread that runs its sessions. */
import type { ClErrorCode } from '@cl/hub';
import type { OnnxTensor } from '@cl/onnx';

/** A tensor in a message. */
export interface MessageTensor {
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly data: OnnxTensor['data'];
}

/** A call to the thread; each has an answer with its id. */
export type SessionCall =
  | {
      readonly id: number;
      readonly method: 'load';
      readonly key: string;
      readonly model: Uint8Array;
      readonly threads: number;
    }
  | {
      readonly id: number;
      readonly method: 'set';
      /** Inputs that stay in the thread: every run whose feeds lack them uses them. */
      readonly tensors: Readonly<Record<string, MessageTensor>>;
    }
  | {
      readonly id: number;
      readonly method: 'run';
      readonly key: string;
      readonly feeds: Readonly<Record<string, MessageTensor>>;
    }
  | { readonly id: number; readonly method: 'close' };

/** What the thread says. */
export interface SessionAnswer {
  readonly id: number;
  readonly results?: Readonly<Record<string, MessageTensor>>;
  /** Why it failed, in onnxruntime's words. */
  readonly error?: string;
}

/** Codes of what can go wrong in the thread. */
export const failureCodes: Readonly<Record<SessionCall['method'], ClErrorCode>> = {
  load: 'INVALID_MODEL',
  set: 'INVALID_DATA',
  run: 'INVALID_DATA',
  close: 'NOT_SUPPORTED',
};
