/**
 * TensorBoard's event files: records of length, checksum, content, checksum (TFRecord), each content an `Event` of
 * tensorflow/core/util/event.proto with the few fields that a curve needs.
 */

/** A point of a curve. */
export interface Scalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
}

/** An event file: its version first, then one event a scalar, all at the same time in seconds. */
export function eventFile(wallTime: number, scalars: readonly Scalar[]): Uint8Array {
  const version = [...double(1, wallTime), ...text(3, 'brain.Event:2')];
  const events = scalars.map(({ tag, step, value }) => {
    const point = message(1, [...text(1, tag), ...float(2, value)]); // Summary.Value
    return [...double(1, wallTime), ...int(2, step), ...message(5, point)]; // Event.summary
  });
  return Uint8Array.from([version, ...events].flatMap(record));
}

/** CRC-32C (Castagnoli) as TFRecord masks it. */
export function maskedCrc(bytes: readonly number[]): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** CRC-32C, bit by bit: event files are small. */
export function crc32c(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function record(content: readonly number[]): number[] {
  const length = [...little(content.length), 0, 0, 0, 0]; // 64 bits
  return [...length, ...little(maskedCrc(length)), ...content, ...little(maskedCrc(content))];
}

// Protocol buffers: a field is its number and wire type, then the value.

function double(field: number, value: number): number[] {
  return [(field << 3) | 1, ...bytesOf(8, (view) => view.setFloat64(0, value, true))];
}

function float(field: number, value: number): number[] {
  return [(field << 3) | 5, ...bytesOf(4, (view) => view.setFloat32(0, value, true))];
}

function int(field: number, value: number): number[] {
  return [field << 3, ...varint(value)];
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)]);
}

function message(field: number, content: readonly number[]): number[] {
  return [(field << 3) | 2, ...varint(content.length), ...content];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

function little(value: number): number[] {
  return bytesOf(4, (view) => view.setUint32(0, value, true));
}

function bytesOf(size: number, write: (view: DataView) => void): number[] {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer));
  return [...bytes];
}
