/**
 * As much of an assembler for WebAssembly as a sweep over arrays needs: expressions over vectors of four float32, in one
 * loop. Encodings are those of the WebAssembly core specification 2.0, §5.4 (instructions) and §5.5 (modules).
 */
import type { Arithmetic } from './arithmetic.ts';

/** Instructions that leave one value on the stack. */
export type Code = readonly number[];

/** Bytes of one vector. */
export const vectorBytes = 16;

const i32 = 0x7f;
const f32 = 0x7d;
const v128 = 0x7b;

/** An unsigned integer in LEB128 (§5.2.2). */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

const get = (local: number): Code => [0x20, ...leb(local)];
const set = (local: number): Code => [0x21, ...leb(local)];
const vector = (instruction: number): Code => [0xfd, ...leb(instruction)];
const binary =
  (instruction: number) =>
  (a: Code, b: Code): Code => [...a, ...b, ...vector(instruction)];

/**
 * Writes a function `sweep(bytes, pointer₀, …, scalar₀, …)`: for each vector of the arrays, loads, computes, stores.
 * The pointers are byte addresses, `bytes` how many bytes of each array to walk, a multiple of 16 and not 0.
 */
export class SweepWriter implements Arithmetic<Code> {
  readonly #pointers: number;
  readonly #scalars: number;
  /** Instructions before the loop. */
  readonly #before: number[] = [];
  readonly #loop: number[] = [];
  /** Local variables after the parameters: the position in bytes, then vectors. */
  #vectors = 0;

  constructor(pointers: number, scalars: number) {
    this.#pointers = pointers;
    this.#scalars = scalars;
  }

  add: (a: Code, b: Code) => Code = binary(0xe4);
  sub: (a: Code, b: Code) => Code = binary(0xe5);
  mul: (a: Code, b: Code) => Code = binary(0xe6);
  div: (a: Code, b: Code) => Code = binary(0xe7);
  sqrt: (a: Code) => Code = (a) => [...a, ...vector(0xe3)];
  keep: (a: Code) => Code = (a) => {
    const local = this.#newVector();
    this.#loop.push(...a, ...set(local));
    return get(local);
  };

  /** A scalar parameter in all four lanes. */
  scalar(index: number): Code {
    const local = this.#newVector();
    this.#before.push(...get(1 + this.#pointers + index), ...vector(0x13), ...set(local));
    return get(local);
  }

  /** The present vector of an array. */
  load(pointer: number): Code {
    return this.keep([...this.#address(pointer), ...vector(0x00), ...unaligned]);
  }

  /** Writes the present vector of an array. */
  store(pointer: number, value: Code): void {
    this.#loop.push(...this.#address(pointer), ...value, ...vector(0x0b), ...unaligned);
  }

  /** The module: it imports `environment.memory` and exports `sweep`. */
  module(): Uint8Array<ArrayBuffer> {
    const parameters = [
      ...Array.from({ length: 1 + this.#pointers }, () => [i32]),
      ...Array.from({ length: this.#scalars }, () => [f32]),
    ];
    const position = get(this.#position);
    const next = [...position, 0x41, vectorBytes, 0x6a, 0x22, ...leb(this.#position)]; // position += 16, and its value
    const again = [...next, ...get(0), 0x49, 0x0d, 0]; // while position < bytes
    const code = [
      ...list([[1, i32], [...leb(this.#vectors), v128]]), // prettier-ignore
      ...this.#before,
      ...[0x03, 0x40, ...this.#loop, ...again, 0x0b],
      0x0b,
    ];
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
      ...section(1, list([[0x60, ...list(parameters), 0]])), // one type: it returns nothing
      ...section(2, list([[...text('environment'), ...text('memory'), 2, 0, 1]])), // a memory of at least a page
      ...section(3, list([[0]])), // one function, of type 0
      ...section(7, list([[...text('sweep'), 0, 0]])),
      ...section(10, list([[...leb(code.length), ...code]])),
    ]);
  }

  get #position(): number {
    return 1 + this.#pointers + this.#scalars;
  }

  #newVector(): number {
    this.#vectors += 1;
    return this.#position + this.#vectors;
  }

  #address(pointer: number): Code {
    return [...get(1 + pointer), ...get(this.#position), 0x6a];
  }
}

/** Alignment 2⁰ and offset 0. */
const unaligned = [0, 0];

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

function list(items: readonly Code[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

function text(ascii: string): number[] {
  return list(Array.from(ascii, (letter) => [letter.charCodeAt(0)]));
}
