/**
 * Compares names as people number them: `img2` before `img10`, else by UTF-16 code units. No locale is asked, so the
 * order is the same on every platform.
 *
 * @returns below, equal to or above 0, as `Array.sort` wants it; 0 only for equal strings.
 */
export function naturalOrder(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (isDigit(a, i) && isDigit(b, j)) {
      const endA = endOfDigits(a, i);
      const endB = endOfDigits(b, j);
      while (i < endA - 1 && a.charCodeAt(i) === zero) i += 1;
      while (j < endB - 1 && b.charCodeAt(j) === zero) j += 1;
      const longer = endA - i - (endB - j);
      if (longer !== 0) return longer;
      for (; i < endA; i += 1, j += 1) {
        const difference = a.charCodeAt(i) - b.charCodeAt(j);
        if (difference !== 0) return difference;
      }
    } else {
      const difference = a.charCodeAt(i) - b.charCodeAt(j);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
  }
  const rest = a.length - i - (b.length - j);
  if (rest !== 0) return rest;
  return a < b ? -1 : a > b ? 1 : 0; // `img07` and `img7` differ in zeros alone
}

const zero = 48;

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= zero && code <= 57;
}

function endOfDigits(text: string, from: number): number {
  let end = from;
  while (end < text.length && isDigit(text, end)) end += 1;
  return end;
}
