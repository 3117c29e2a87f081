/**
 * Lines of JSON where a new record begins for certain. In JSON a value is followed by a bracket, a comma, a colon or the end of
 * the text, never by another value: so where what is before a newline ends a value and what is behind it begins one, the newline
 * stands between two records. It cannot be in a string, and no state need be known.
 */

/** Offset behind the last such newline before `end`, or -1. */
export function lastBoundary(bytes: Uint8Array, end: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = text.lastIndexOf(NEWLINE, end - 1); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(NEWLINE, at - 1)) {
    let before = at - 1;
    while (before >= 0 && isBlank(text[before]!)) before--;
    let after = at + 1;
    while (after < text.length && isBlank(text[after]!)) after++;
    if (before >= 0 && endsValue(text[before]!) && after < text.length && beginsValue(text[after]!)) return at + 1;
    at = Math.max(before + 1, 0);
  }
  return -1;
}

const NEWLINE = 10;

function isBlank(byte: number): boolean {
  return byte === 32 || byte === NEWLINE || byte === 13 || byte === 9;
}

/** A closing bracket or quote, a digit, the last letter of `true`, `false` or `null`. */
function endsValue(byte: number): boolean {
  return byte === 0x7d || byte === 0x5d || byte === 0x22 || isDigit(byte) || byte === 0x65 || byte === 0x6c;
}

function beginsValue(byte: number): boolean {
  return (
    byte === 0x7b || byte === 0x5b || byte === 0x22 || byte === 0x2d || isDigit(byte) || byte === 0x74 || byte === 0x66 || byte === 0x6e
  );
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
