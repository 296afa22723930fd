/** Numbers as people read them. A minus is the typographic one; what is not available is an en dash. */

/** Stands where a number is not available. */
export const unavailable = '–';

/** A share as a percentage without its sign: 0.7093 → `70.9`. */
export function percent(share: number | undefined, digits = 1): string {
  return share === undefined ? unavailable : minus((share * 100).toFixed(digits));
}

/** A difference of shares in percentage points: 0.264 → `+26.4`. */
export function points(difference: number | undefined): string {
  if (difference === undefined) return unavailable;
  const text = percent(difference);
  return /[1-9]/.test(text) ? (difference > 0 ? `+${text}` : text) : '±0.0';
}

/** Bytes in decimal units, three significant digits: 4 194 304 → `4.19 MB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? String(Math.round(value)) : significant(value)}\u00a0${units[unit]!}`;
}

/** A duration: `40 ms`, `3.25 s`, `2 min 5 s`, `1 h 2 min`. */
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)}\u00a0ms`;
  if (seconds < 59.95) return `${significant(seconds)}\u00a0s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}\u00a0min ${whole % 60}\u00a0s`;
  return `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
}

/** A count with thin spaces between thousands: 6455 → `6 455`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Any number to four significant digits: 0.0625, 12.5, 345 600, 1.2e−7. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return minus(count(value));
  if (size >= 1e6 || size < 1e-4) return minus(value.toExponential(2));
  return minus(String(Number(value.toPrecision(4))));
}

/** Numbers of one table or axis, all with as many decimals as the largest of them needs. */
export function alike(values: readonly number[]): (value: number) => string {
  const largest = Math.max(0, ...values.map(Math.abs));
  if (values.every((value) => Number.isInteger(value))) return number;
  if (largest >= 1e6 || largest < 1e-3) return number;
  const digits = largest >= 100 ? 0 : largest >= 10 ? 1 : largest >= 0.1 ? 2 : 4;
  return (value) => minus(value.toFixed(digits));
}

/** "1 seed", "3 seeds". */
export function plural(value: number, singular: string, many = `${singular}s`): string {
  return `${count(value)}\u00a0${value === 1 ? singular : many}`;
}

/** An ISO 8601 instant as `14 March 2026, 09:26 UTC`; anything else as it is. */
export function dateText(iso: string): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  const text = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(instant);
  return `${text.replace(' at ', ', ')} UTC`;
}

/** With a capital letter in front. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "a", "a and b", "a, b and c". */
export function list(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

function significant(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

function minus(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replaceAll('-', '\u2212');
}
