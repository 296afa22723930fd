/** IEEE 754 half precision (binary16), which Node 20 has no typed array for. */

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** Bits of the nearest half floats, ties to even; beyond 65,504 becomes infinity, NaN stays NaN. */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = encode(values[i]!);
  return bits;
}

/** The values of half floats; exact. */
export function fromFloat16(bits: ArrayLike<number>): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < values.length; i++) values[i] = decode(bits[i]!);
  return values;
}

function encode(value: number): number {
  f32[0] = value;
  const sign = (u32[0]! >>> 16) & 0x8000;
  const magnitude = Math.abs(f32[0]);
  if (Number.isNaN(magnitude)) return sign | 0x7e00;
  if (magnitude >= 65_520) return sign | 0x7c00; // halfway to 2¹⁶ rounds up
  if (magnitude < 2 ** -14) return sign | roundEven(magnitude * 2 ** 24); // subnormal: multiples of 2⁻²⁴
  u32[0] = u32[0]! & 0x7fffffff;
  const exponent = (u32[0] >>> 23) - 127;
  const mantissa = roundEven(magnitude * 2 ** (10 - exponent)) - 1024; // 0 … 1024; 1024 carries
  return sign | (((exponent + 15) << 10) + mantissa);
}

function decode(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
