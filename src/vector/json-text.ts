/** JSON as text: where tokens end, and the text without insignificant whitespace. Nothing here recurses. */

/** Where the string token that begins at `at` ends; -1 where there is none or it is malformed. */
export function endOfString(json: string, at: number): number {
  if (json.charCodeAt(at) !== QUOTE) return -1;
  for (let i = at + 1; i < json.length; i++) {
    const unit = json.charCodeAt(i);
    if (unit === QUOTE) return i + 1;
    if (unit < 0x20) return -1;
    if (unit !== BACKSLASH) continue;
    i++;
    const letter = json.charAt(i);
    if (letter === 'u') {
      if (!four_hex_digits.test(json.slice(i + 1, i + 5))) return -1;
      i += 4;
    } else if (letter === '' || !'"\\/bfnrt'.includes(letter)) return -1;
  }
  return -1;
}

/** The text of a string token that is known to be valid. */
export function unquoteString(token: string): string {
  let at = token.indexOf('\\');
  if (at === -1) return token.slice(1, -1);
  const pieces: string[] = [];
  let from = 1;
  for (; at !== -1; at = token.indexOf('\\', from)) {
    pieces.push(token.slice(from, at));
    const letter = token.charAt(at + 1);
    if (letter === 'u') pieces.push(String.fromCharCode(Number.parseInt(token.slice(at + 2, at + 6), 16)));
    else pieces.push(escapes.get(letter) ?? letter);
    from = at + (letter === 'u' ? 6 : 2);
  }
  pieces.push(token.slice(from, -1));
  return pieces.join('');
}

/** Where the value that begins at `at` ends. The text is compact and valid. */
export function endOfValue(json: string, at: number): number {
  let depth = 0;
  for (let i = at; ; ) {
    switch (json.charCodeAt(i)) {
      case QUOTE:
        i = endOfValidString(json, i);
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        i++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        i++;
        break;
      case COMMA:
      case COLON:
        i++;
        continue;
      default:
        i = endOfScalar(json, i);
    }
    if (depth === 0) return i;
  }
}

/** Where the string token at `at` of a valid text ends. */
export function endOfValidString(json: string, at: number): number {
  for (let quote = json.indexOf('"', at + 1); ; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (json.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
}

/** The text of one value without insignificant whitespace, tokens as they are; null where it is not one valid value. */
export function compactJson(json: string): string | null {
  const pieces: string[] = [];
  /** Closing brackets of what is open. */
  const open: number[] = [];
  let expected: Expected = 'value';
  let kept = 0;
  for (let i = 0; i < json.length; ) {
    const unit = json.charCodeAt(i);
    if (isWhitespace(unit)) {
      pieces.push(json.slice(kept, i));
      do i++;
      while (isWhitespace(json.charCodeAt(i)));
      kept = i;
      continue;
    }
    const next = after(expected, unit, open);
    if (next === null) return null;
    expected = next;
    i = endOfToken(json, i, unit);
    if (i < 0) return null;
  }
  if (expected !== 'end' || open.length > 0) return null;
  return kept === 0 ? json : pieces.join('') + json.slice(kept);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

const four_hex_digits = /^[\da-fA-F]{4}$/;
const escapes: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/** What may stand next. `end`: a value is complete, and what follows depends on what is open around it. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'end';

function isWhitespace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/** What is expected behind a token that begins with `unit`; null where it may not stand here. */
function after(expected: Expected, unit: number, open: number[]): Expected | null {
  switch (expected) {
    case 'colon':
      return unit === COLON ? 'value' : null;
    case 'key or }':
      if (unit === CLOSE_BRACE) return open.pop() === undefined ? null : 'end';
      return unit === QUOTE ? 'colon' : null;
    case 'key':
      return unit === QUOTE ? 'colon' : null;
    case 'end': {
      const closing = open.at(-1);
      if (unit === COMMA && closing !== undefined) return closing === CLOSE_BRACE ? 'key' : 'value';
      return unit === closing && open.pop() !== undefined ? 'end' : null;
    }
    case 'value or ]':
      if (unit === CLOSE_BRACKET) return open.pop() === undefined ? null : 'end';
      return afterValue(unit, open);
    case 'value':
      return afterValue(unit, open);
  }
}

function afterValue(unit: number, open: number[]): Expected | null {
  if (unit === OPEN_BRACE) {
    open.push(CLOSE_BRACE);
    return 'key or }';
  }
  if (unit === OPEN_BRACKET) {
    open.push(CLOSE_BRACKET);
    return 'value or ]';
  }
  return unit === COMMA || unit === COLON || unit === CLOSE_BRACE || unit === CLOSE_BRACKET ? null : 'end';
}

/** Where the token that begins at `at` with `unit` ends; -1 where it is malformed. */
function endOfToken(json: string, at: number, unit: number): number {
  switch (unit) {
    case QUOTE:
      return endOfString(json, at);
    case OPEN_BRACE:
    case CLOSE_BRACE:
    case OPEN_BRACKET:
    case CLOSE_BRACKET:
    case COMMA:
    case COLON:
      return at + 1;
    default:
      scalar.lastIndex = at;
      return scalar.test(json) ? scalar.lastIndex : -1;
  }
}

/** Where a number or a word ends: at what can follow a value. */
function endOfScalar(json: string, at: number): number {
  for (let i = at; ; i++) {
    const unit = json.charCodeAt(i);
    if (Number.isNaN(unit) || unit === COMMA || unit === CLOSE_BRACE || unit === CLOSE_BRACKET) return i;
  }
}
