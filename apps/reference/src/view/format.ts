/** Numbers and words of fixed width for a terminal. */

/** An accuracy in percent, `74.4`; `–` where there is none. */
export function percent(value: number | null | undefined, decimals = 1): string {
  return value === null || value === undefined ? '–' : (value * 100).toFixed(decimals);
}

/** `0.4 s`, `12 s`, `3:05`, `1:02:03`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number): string => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `812 B`, `4.1 kB`, `62 MB`, `1.4 GB`; 1 kB is 1000 bytes. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 9.95 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]!}`;
}

/** At most `width` characters; what does not fit ends in `…`. */
export function clip(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 0 ? '' : `${text.slice(0, width - 1)}…`;
}

/** Exactly `width` characters, text to the left. */
export function left(text: string, width: number): string {
  return clip(text, width).padEnd(width);
}

/** Exactly `width` characters, text to the right. */
export function right(text: string, width: number): string {
  return clip(text, width).padStart(width);
}

/** `━━━━━───────` of a width. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '━'.repeat(full) + '─'.repeat(width - full);
}

/** Text from outside, made harmless: control characters, also those that move the cursor, become spaces. */
export function plain(text: string): string {
  return text.replaceAll(/\p{C}+/gu, ' ').trim();
}
