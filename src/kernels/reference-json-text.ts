/** JSON one byte at a time: the grammar (RFC 8259), tokens, and strings. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

export function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export function isOpener(byte: number): boolean {
  return byte === OPEN_BRACE || byte === OPEN_BRACKET;
}

export function isCloser(byte: number): boolean {
  return byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
}

export function skipBlanks(u8: Uint8Array, at: number, end: number): number {
  while (at < end && isBlank(u8[at]!)) at++;
  return at;
}

/** Where a scalar ends: before a comma, a closing bracket, a blank or another byte below the printable ones. */
export function scalarEnd(u8: Uint8Array, at: number, end: number): number {
  while (at < end && u8[at] !== COMMA && !isCloser(u8[at]!) && u8[at]! > SPACE) at++;
  return at;
}

const scalar = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;
/** What can still become a scalar. */
const begunScalar = /^(?:-?(?:0|[1-9]\d*)?(?:(?<=\d)\.\d*)?(?:(?<=\d)[eE][+-]?\d*)?|t(?:r(?:u)?)?|f(?:a(?:l(?:s)?)?)?|n(?:u(?:l)?)?)$/;

export function isScalar(u8: Uint8Array, at: number, end: number): boolean {
  return scalar.test(latin1(u8, at, end));
}

function latin1(u8: Uint8Array, at: number, end: number): string {
  return Buffer.from(u8.buffer, u8.byteOffset + at, end - at).toString('latin1');
}

/** What may stand next; `open` holds the closing brackets that are due. */
type Expected = 'value' | 'first element' | 'first key' | 'key' | 'after';

/** The first byte of `[start, end)` that is not as one JSON value would have it, -1 where there is none, `end` where it is cut off. */
export function jsonError(u8: Uint8Array, start: number, end: number, depth_max: number): number {
  const open: number[] = [];
  let expected: Expected = 'value';
  let at = start;
  for (;;) {
    at = skipBlanks(u8, at, end);
    if (at >= end) return expected === 'after' && open.length === 0 ? -1 : end;
    const byte = u8[at]!;
    if (expected === 'after') {
      if (open.length === 0) return at;
      if (byte === COMMA) expected = open.at(-1) === CLOSE_BRACE ? 'key' : 'value';
      else if (byte !== open.pop()) return at;
      at++;
    } else if ((expected === 'first key' && byte === CLOSE_BRACE) || (expected === 'first element' && byte === CLOSE_BRACKET))
      expected = 'after';
    else if (byte === QUOTE) {
      const string = stringEnd(u8, at, end);
      if (string.error) return string.at;
      at = string.at;
      if (expected === 'key' || expected === 'first key') {
        at = skipBlanks(u8, at, end);
        if (at >= end || u8[at] !== COLON) return at;
        at++;
        expected = 'value';
      } else expected = 'after';
    } else if (expected === 'key' || expected === 'first key') return at;
    else if (isOpener(byte)) {
      if (open.length >= depth_max) return at;
      open.push(byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET);
      expected = byte === OPEN_BRACE ? 'first key' : 'first element';
      at++;
    } else {
      const to = scalarEnd(u8, at, end);
      if (!isScalar(u8, at, to)) return to === end && begunScalar.test(latin1(u8, at, to)) ? end : at;
      at = to;
      expected = 'after';
    }
  }
}

/** Where the string at `at` ends, or where it is in error. */
function stringEnd(u8: Uint8Array, at: number, end: number): { readonly at: number; readonly error: boolean } {
  for (let i = at + 1; i < end; i++) {
    const byte = u8[i]!;
    if (byte === QUOTE) return { at: i + 1, error: false };
    if (byte < SPACE) return { at: i, error: true };
    if (byte !== BACKSLASH) continue;
    if (i + 1 >= end) break;
    const letter = String.fromCharCode(u8[i + 1]!);
    if (letter === 'u') {
      const digits = latin1(u8, i + 2, Math.min(i + 6, end));
      if (!/^[\da-fA-F]*$/.test(digits)) return { at: i, error: true };
      if (digits.length < 4) break;
      i += 5;
    } else if ('"\\/bfnrt'.includes(letter)) i++;
    else return { at: i, error: true };
  }
  return { at: end, error: true };
}

const escape = /^(?:[^\\]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*$/;

/** The text between the quotes of a string; lone surrogates are U+FFFD. Null where an escape is none. */
export function unescape(text: Buffer): Buffer | null {
  if (!text.includes(BACKSLASH)) return text;
  const source = text.toString('latin1');
  if (!escape.test(source)) return null;
  // why: what is beyond ASCII stands as it is; only runs of escapes become text of their own.
  const parts = source.split(/((?:\\(?:u[\da-fA-F]{4}|.))+)/);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part, 'latin1') : Buffer.from(JSON.parse(`"${part}"`) as string))),
  );
}
