/** Runs an {@link Update} over arrays: in WebAssembly SIMD where there is such a thing, else in plain loops. */
import { ClError } from '@cl/hub';
import { scalarArithmetic, type History, type Scalars, type Update } from './arithmetic.ts';
import { SweepWriter, vectorBytes, type Code } from './assembler.ts';

/** An update at work on arrays of one length, with the history that it keeps. */
export interface Sweep {
  /** What is remembered for each weight; zeros at first. Views stay valid. */
  readonly history: readonly Float32Array<ArrayBuffer>[];
  /**
   * Moves the weights from `begin` to before `end`, in place; the gradient of weight i is `gradients[i − first]`.
   */
  run(
    weights: Float32Array,
    gradients: Float32Array,
    begin: number,
    end: number,
    scalars: readonly number[],
    first?: number,
  ): void;
}

/** What runs sweeps; `simd` only where the runtime has it. Both give the same bits. */
export type SweepMachine = 'simd' | 'plain';

/**
 * Makes a sweep.
 *
 * @param update - what to do with each weight.
 * @param length - of the arrays.
 * @param machine - `plain` for tests and benches.
 * @throws ClError `OUT_OF_MEMORY` when the history is beyond WebAssembly's 4 GiB, or there is no memory for it.
 */
export function createSweep(update: Update, length: number, machine: SweepMachine = 'simd'): Sweep {
  const api = machine === 'plain' ? undefined : simdApi();
  return api === undefined ? new PlainSweep(update, length) : new SimdSweep(api, update, length);
}

/** Four weights at a time. The history lies in WebAssembly's memory; weights and gradients pass through a window. */
class SimdSweep implements Sweep {
  readonly history: readonly Float32Array<ArrayBuffer>[];
  readonly #pointers: readonly number[];
  readonly #sweep: (...numbers: number[]) => void;
  readonly #plain: PlainSweep;
  readonly #weights: Float32Array;
  readonly #gradients: Float32Array;

  constructor(api: WebAssemblyApi, update: Update, length: number) {
    const memory = memoryFor(api, 2 * windowBytes + update.history * 4 * length);
    const array = (at: number, size: number): Float32Array<ArrayBuffer> =>
      new Float32Array(memory.buffer, at, size);
    this.#weights = array(0, windowLength);
    this.#gradients = array(windowBytes, windowLength);
    this.#pointers = Array.from(
      { length: update.history },
      (_, i) => 2 * windowBytes + i * 4 * length,
    );
    this.history = this.#pointers.map((at) => array(at, length));
    this.#plain = new PlainSweep(update, length, this.history);
    const module = new api.Module(assemble(update));
    this.#sweep = new api.Instance(module, { environment: { memory } }).exports.sweep;
  }

  run(
    weights: Float32Array,
    gradients: Float32Array,
    begin: number,
    end: number,
    scalars: readonly number[],
    first = 0,
  ): void {
    const vectors = end - ((end - begin) % 4);
    for (let from = begin; from < vectors; from += windowLength) {
      const to = Math.min(from + windowLength, vectors);
      const pointers = this.#pointers.map((at) => at + 4 * from);
      this.#weights.set(weights.subarray(from, to));
      this.#gradients.set(gradients.subarray(from - first, to - first));
      this.#sweep(4 * (to - from), 0, windowBytes, ...pointers, ...scalars);
      weights.set(this.#weights.subarray(0, to - from), from);
    }
    if (vectors < end) this.#plain.run(weights, gradients, vectors, end, scalars, first);
  }
}

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** As much of WebAssembly as is used here: not every set of types that TypeScript can be given knows it. */
interface WebAssemblyApi {
  readonly Memory: new (size: { readonly initial: number }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly environment: { readonly memory: Memory } },
  ) => { readonly exports: { readonly sweep: (...numbers: number[]) => void } };
  validate(bytes: Uint8Array): boolean;
}

const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyApi };

/** 64 KiB each for weights and gradients: they stay in the processor's cache. */
const windowLength = 16_384;
const windowBytes = 4 * windowLength;

/** Weights are the first array, gradients the second, then the history. */
function assemble(update: Update): Uint8Array<ArrayBuffer> {
  const writer = new SweepWriter(2 + update.history, update.scalars);
  const scalars = Array.from({ length: update.scalars }, (_, i) => writer.scalar(i));
  const history = Array.from({ length: update.history }, (_, i) => writer.load(2 + i));
  const [weight, gradient] = [writer.load(0), writer.load(1)];
  const moved = update.move(
    writer,
    weight,
    gradient,
    history as unknown as History<Code>,
    scalars as unknown as Scalars<Code>,
  );
  moved.history.forEach((value, i) => {
    writer.store(2 + i, value);
  });
  writer.store(0, moved.weight);
  return writer.module();
}

class PlainSweep implements Sweep {
  readonly history: readonly Float32Array<ArrayBuffer>[];
  readonly #update: Update;

  constructor(update: Update, length: number, history?: readonly Float32Array<ArrayBuffer>[]) {
    this.#update = update;
    this.history =
      history ?? Array.from({ length: update.history }, () => new Float32Array(length));
  }

  run(
    weights: Float32Array,
    gradients: Float32Array,
    begin: number,
    end: number,
    scalars: readonly number[],
    first = 0,
  ): void {
    const { history } = this;
    const rounded = scalars.map(Math.fround) as unknown as Scalars<number>;
    const now: [number, number] = [0, 0];
    for (let i = begin; i < end; i++) {
      for (let k = 0; k < history.length; k++) now[k] = history[k]![i]!;
      const g = gradients[i - first]!;
      const moved = this.#update.move(scalarArithmetic, weights[i]!, g, now, rounded);
      for (let k = 0; k < history.length; k++) history[k]![i] = moved.history[k]!;
      weights[i] = moved.weight;
    }
  }
}

const pageBytes = 65_536;
const maxPages = 65_536;

function memoryFor(api: WebAssemblyApi, bytes: number): Memory {
  const pages = Math.ceil((bytes + vectorBytes) / pageBytes);
  if (pages > maxPages) {
    throw new ClError(
      'OUT_OF_MEMORY',
      `optimizer: its history has ${(bytes / 2 ** 30).toFixed(1)} GiB, expected at most 4 GiB, which is all that ` +
        'WebAssembly can hold: 536 million parameters for AdamW. Freeze some of them.',
    );
  }
  try {
    return new api.Memory({ initial: pages });
  } catch (cause) {
    throw new ClError(
      'OUT_OF_MEMORY',
      `optimizer: no ${(bytes / 2 ** 30).toFixed(1)} GiB for its history. Freeze some parameters, or close other programs.`,
      { cause },
    );
  }
}

/** WebAssembly, if this runtime has it and compiles vectors. */
function simdApi(): WebAssemblyApi | undefined {
  const idle: Update = { history: 0, scalars: 0, move: (_, weight) => ({ weight, history: [] }) };
  return WebAssembly?.validate(assemble(idle)) === true ? WebAssembly : undefined;
}
