/** All parameters of a training in one flat array: what optimisers work on and checkpoints hold. */
import { ClError, type Tensor } from '@cl/hub';
import type { OnnxTensor } from '@cl/onnx';
import { sizeOf, type Dims } from './dims.ts';

/** Where a parameter lies in the store. */
export interface ParameterEntry {
  readonly name: string;
  readonly dims: Dims;
  /** Its elements are `values[offset]` to `values[offset + length − 1]`, row-major. */
  readonly offset: number;
  readonly length: number;
}

/** Float32 parameters one after the other, in the order they were given. */
export class ParameterStore {
  readonly entries: readonly ParameterEntry[];
  readonly #length: number;
  #values: Float32Array<ArrayBuffer> | undefined;
  readonly #byName: ReadonlyMap<string, ParameterEntry>;

  /**
   * Copies first values, for instance those of `parameterize`.
   *
   * @throws ClError `NOT_SUPPORTED` for other element types than float32, `EMPTY_STREAM` for no parameter.
   */
  constructor(parameters: ReadonlyMap<string, OnnxTensor>) {
    let offset = 0;
    this.entries = [...parameters].map(([name, { dtype, dims }]) => {
      if (dtype !== 'float32') throw notFloat32(name, dtype);
      const entry = { name, dims, offset, length: sizeOf(dims) };
      offset += entry.length;
      return entry;
    });
    if (offset === 0) {
      throw new ClError(
        'EMPTY_STREAM',
        'ParameterStore: found no parameters, expected at least one number to train. Name some initializers.',
      );
    }
    this.#length = offset;
    const values = new Float32Array(offset);
    this.#byName = new Map(this.entries.map((entry) => [entry.name, entry]));
    for (const [name, { data }] of parameters) {
      this.view(name, values).set(data as Float32Array);
    }
    this.#values = values;
  }

  /** All elements. Optimisers change them in place; views stay valid. */
  get values(): Float32Array<ArrayBuffer> {
    this.#values ??= new Float32Array(this.#length);
    return this.#values;
  }

  /** Hands the elements over to who asks; the store forgets them, and has zeros when it is asked again. */
  protected release(): Float32Array<ArrayBuffer> {
    const { values } = this;
    this.#values = undefined;
    return values;
  }

  /**
   * A parameter's elements: a view, not a copy.
   *
   * @param name - of the parameter.
   * @param array - another array with the store's layout, such as gradients; the values when absent.
   * @throws ClError `NOT_FOUND`.
   */
  view(name: string, array: Float32Array<ArrayBuffer> = this.values): Float32Array<ArrayBuffer> {
    const entry = this.#byName.get(name);
    if (entry !== undefined) return array.subarray(entry.offset, entry.offset + entry.length);
    throw new ClError(
      'NOT_FOUND',
      `ParameterStore: no parameter "${name}", expected one of its ${this.entries.length}. Check the name.`,
    );
  }

  /** Copies of the parameters by name, for saving. */
  toTensors(): Record<string, Tensor<'float32'>> {
    return Object.fromEntries(
      this.entries.map(({ name, dims }) => [
        name,
        { dtype: 'float32', dims, data: this.view(name).slice() },
      ]),
    );
  }

  /**
   * Takes over saved values, all of them or none.
   *
   * @throws ClError `SHAPE_MISMATCH` when a parameter is missing, too many, or of another size.
   */
  load(tensors: Readonly<Record<string, Tensor>>): void {
    this.assertFits(tensors);
    for (const { name } of this.entries) this.view(name).set(tensors[name]!.data as Float32Array);
  }

  /**
   * Refuses what {@link ParameterStore.load} would refuse.
   *
   * @throws ClError `SHAPE_MISMATCH`.
   */
  assertFits(tensors: Readonly<Record<string, Tensor>>): void {
    const extra = Object.keys(tensors).find((name) => !this.#byName.has(name));
    if (extra !== undefined)
      throw otherModel(`a parameter "${extra}" that the model does not have`);
    for (const { name, dims } of this.entries) {
      const tensor = tensors[name];
      if (tensor === undefined) throw otherModel(`no parameter "${name}"`);
      if (tensor.dtype !== 'float32' || tensor.dims.join() !== dims.join()) {
        throw otherModel(
          `"${name}" as ${tensor.dtype}[${tensor.dims.join(', ')}], expected float32[${dims.join(', ')}]`,
        );
      }
    }
  }
}

function notFloat32(name: string, dtype: string): ClError {
  return new ClError(
    'NOT_SUPPORTED',
    `ParameterStore: parameter "${name}" is ${dtype}, expected float32. Convert the model to float32 before training.`,
  );
}

function otherModel(found: string): ClError {
  return new ClError(
    'SHAPE_MISMATCH',
    `ParameterStore: the saved values hold ${found}. They belong to another model: load those of this one.`,
  );
}
