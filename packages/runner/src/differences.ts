/** What differs between two configurations, in words. */
import type { JsonValue } from '@cl/hub';

/**
 * One line for each place where two JSON values differ, such as `learners[0].options.ridge: 0.1, now
 * 0.2`; empty when they are equal. The order of keys does not matter.
 */
export function differences(before: JsonValue, now: JsonValue): readonly string[] {
  const lines: string[] = [];
  compare('', before, now, lines);
  return lines;
}

type Maybe = JsonValue | undefined;

function compare(path: string, before: Maybe, now: Maybe, lines: string[]): void {
  if (isCollection(before) && isCollection(now) && Array.isArray(before) === Array.isArray(now)) {
    const a = before as Readonly<Record<string, JsonValue>>;
    const b = now as Readonly<Record<string, JsonValue>>;
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const step = Array.isArray(before) ? `[${key}]` : path === '' ? key : `.${key}`;
      compare(path + step, a[key], b[key], lines);
    }
    return;
  }
  if (!Object.is(before, now)) lines.push(`${path}: ${show(before)}, now ${show(now)}`);
}

function isCollection(value: Maybe): value is object & JsonValue {
  return typeof value === 'object' && value !== null;
}

function show(value: Maybe): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
