// Whether a value of the window is JSON by all of the grammar, at the speed of its tokens. That strings hold no control characters is
// known from the index.
//
// Records look alike, so what stands between a member's value and the one before, `,"name":`, is remembered by its number from the
// record before: where it is the same again it is in order.
import { BACKSLASH, seen } from './json-index';
import { LIMIT, quotesFrom } from './json-masks';
import { escapeBytes, isScalar, scalarEnd, skipBlanks } from './json-check';

/** One bit for each open bracket: 1 for an object. */
const kinds = memory.data(8192, 8);
const DEPTH_MAX: u32 = 65536;

/**
 * What is remembered of each member: u32 length (0: nothing), u32 whether it has blanks, and two times 16 bytes, the first and where there
 * are more the last, each with the mask of those that count. At 8 stands where the last begin.
 */
const shape = memory.data(5120, 16);
const ENTRY: usize = 80, SHAPE_END: usize = 5120, REMEMBERED_MAX: usize = 32;

// @ts-ignore: decorator
@inline
function isRemembered(entry: usize, p: usize): bool {
  const first = v128.and(v128.xor(v128.load(p), v128.load(entry, 16)), v128.load(entry, 32));
  const last = v128.and(v128.xor(v128.load(p + <usize>load<u32>(entry, 8)), v128.load(entry, 48)), v128.load(entry, 64));
  return !v128.any_true(v128.or(first, last)) && load<u32>(entry) != 0;
}

/** Remembers `[p, end)`, where it is not too long. */
function remember(entry: usize, p: usize, end: usize, hasBlanks: bool): void {
  const length = end - p, isLong = length > 16, last = isLong ? length - 16 : 0;
  store<u32>(entry, length <= REMEMBERED_MAX ? <u32>length : 0);
  store<u32>(entry, <u32>hasBlanks, 4);
  store<u32>(entry, <u32>last, 8);
  v128.store(entry, v128.load(p), 16);
  v128.store(entry, i8x16.lt_u(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>min<usize>(length, 16))), 32);
  v128.store(entry, v128.load(p + last), 48);
  v128.store(entry, i8x16.splat(<i8>(0 - <i32>isLong)), 64);
}

/** Reads from the bracket or the comma at `p` up to a member's value, and answers where that begins; 0 where there is none. */
function toValue(p: usize, entry: usize): usize {
  const key = skipBlanks(p + 1, LIMIT);
  if (key >= LIMIT || load<u8>(key) != 34) return 0;
  const behind = endOfString(key);
  if (!behind) return 0;
  const colon = skipBlanks(behind, LIMIT);
  if (colon >= LIMIT || load<u8>(colon) != 58) return 0;
  const value = skipBlanks(colon + 1, LIMIT);
  remember(entry, p, value, value - p != behind - key + 2);
  return value;
}

/** Blanks stand outside the strings of what was looked at since `isCompact` was set. */
export let isCompact: bool = false;

// @ts-ignore: decorator
@inline
function toToken(p: usize): usize {
  if (load<u8>(p) > 32) return p;
  isCompact = false;
  return skipBlanks(p, LIMIT);
}

/** One past the string at `p`, 0 where an escape in it is none. */
// @ts-ignore: decorator
@inline
function endOfString(p: usize): usize {
  const x = v128.load(p, 1);
  const m = <u32>i8x16.bitmask(v128.or(i8x16.eq(x, i8x16.splat(34)), i8x16.eq(x, i8x16.splat(92))));
  const q = p + 1 + <usize>ctz<u32>(m);
  return m && load<u8>(q) == 34 ? q + 1 : endOfOtherString(p + 1);
}

/** Of strings that are longer or have escapes. */
function endOfOtherString(p: usize): usize {
  const quote = i8x16.splat(34), backslash = i8x16.splat(92);
  while (p < LIMIT) {
    const x = v128.load(p);
    const m = <u32>i8x16.bitmask(v128.or(i8x16.eq(x, quote), i8x16.eq(x, backslash)));
    if (!m) {
      p += 16;
      continue;
    }
    p += <usize>ctz<u32>(m);
    if (load<u8>(p) == 34) return p < LIMIT ? p + 1 : 0;
    const escaped = escapeBytes(p, LIMIT);
    if (escaped <= 0) return 0;
    p += <usize>escaped;
  }
  return 0;
}

/** One past the value that begins at `p`, or 0 where it is none. */
// @ts-ignore: decorator
@inline
function endOfValid(p: usize): usize {
  const c = <u32>load<u8>(p);
  if (c == 34) return endOfString(p);
  if ((c | 0x20) == 0x7b) return endOfContainer(p);
  const e = scalarEnd(p, LIMIT);
  return isScalar(p, e) ? e : 0;
}

/** The value `[p, end)` begins with a bracket, and the depth comes to 0 at its end. */
export function isValid(p: usize, end: usize): bool {
  isCompact = true;
  return endOfContainer(p) == end;
}

/** One past the digits at `p`, at most 16 with at most one point; 0 where there are none in order. What is cut off is no member's end. */
// @ts-ignore: decorator
@inline
function endOfNumber(p: usize, zero: v128, nine: v128): usize {
  let others = ~<u32>i8x16.bitmask(i8x16.le_u(i8x16.sub(v128.load(p), zero), nine)), length = ctz<u32>(others);
  // A zero begins a number only alone.
  if (!length || (length > 1 && load<u8>(p) == 48)) return 0;
  if (load<u8>(p + length) == 46) {
    const point = length;
    others &= others - 1;
    length = ctz<u32>(others);
    if (length == point + 1) return 0;
  }
  return p + length;
}

/** The entry of the member that `runOfMembers` stopped at. */
let stoppedAt: usize = 0;

/**
 * Goes through members that are as remembered from `entry` on, without blanks, whose values are strings that end within a few bytes,
 * or digits with at most one point. There are no backslashes. Answers where it stopped: behind a value, or at the closing bracket.
 */
function runOfMembers(at: usize, close: usize, entry: usize): usize {
  const zero = i8x16.splat(48), nine = i8x16.splat(9);
  for (; entry < shape + SHAPE_END; entry += ENTRY) {
    if (!isRemembered(entry, at) || load<u32>(entry, 4)) break;
    const value = at + <usize>load<u32>(entry);
    if (load<u8>(value) == 34) {
      const quotes = quotesFrom(value + 1);
      if (!quotes) break;
      at = value + <usize>ctz<u64>(quotes) + 2;
    } else {
      const behind = endOfNumber(value, zero, nine);
      if (!behind) break;
      at = behind;
    }
    if (at >= close) break;
  }
  stoppedAt = entry;
  return at;
}

let firstAt: usize = 0, secondAt: usize = 0;

/** As `runOfMembers` of two records in turns, each of which waits for what is loaded: up to where one of them stops. */
function runOfTwo(a: usize, closeA: usize, b: usize, closeB: usize): void {
  const zero = i8x16.splat(48), nine = i8x16.splat(9);
  let entry = shape;
  for (; entry < shape + SHAPE_END; entry += ENTRY) {
    if (!isRemembered(entry, a) || !isRemembered(entry, b) || load<u32>(entry, 4)) break;
    const value = a + <usize>load<u32>(entry), other = b + <usize>load<u32>(entry);
    if (load<u8>(value) == 34 && load<u8>(other) == 34) {
      const quotes = quotesFrom(value + 1), others = quotesFrom(other + 1);
      if (!quotes || !others) break;
      a = value + <usize>ctz<u64>(quotes) + 2;
      b = other + <usize>ctz<u64>(others) + 2;
    } else {
      const behind = endOfNumber(value, zero, nine), behindOther = endOfNumber(other, zero, nine);
      if (!behind || !behindOther) break;
      a = behind;
      b = behindOther;
    }
    if (a >= closeA || b >= closeB) {
      entry += ENTRY;
      break;
    }
  }
  firstAt = a;
  secondAt = b;
  stoppedAt = entry;
}

/** How far the record that is expected next is verified: where it begins (0: none is), up to where, and the entry of the member there. */
let expected: usize = 0, expectedAt: usize = 0, expectedEntry: usize = 0;

/** What is known of the record expected next does not outlast a call: another window may hold other bytes there. */
export function expectNone(): void {
  expected = 0;
}

/** As `isValid` for a record that is an object; `next`: another that is likely to be asked for next, or two zeros. */
export function isValidRecord(p: usize, end: usize, next: usize, nextEnd: usize): bool {
  const hasRuns = !(seen & BACKSLASH);
  if (hasRuns && expected == p) {
    expected = 0;
    return isValidFrom(p, end, expectedAt, expectedEntry);
  }
  expected = 0;
  if (!hasRuns || next == nextEnd || load<u8>(next) != 123) return isValidFrom(p, end, p, shape);
  runOfTwo(p, end - 1, next, nextEnd - 1);
  expected = next;
  expectedAt = secondAt;
  expectedEntry = stoppedAt;
  return isValidFrom(p, end, firstAt, stoppedAt);
}

/** Whether a record that is an object in order up to `at`, where the member of `entry` begins, is so to its end. */
function isValidFrom(p: usize, end: usize, at: usize, entry: usize): bool {
  isCompact = true;
  const close = end - 1, hasRuns = !(seen & BACKSLASH);
  if (at == close) return load<u8>(at) == 125;
  for (; entry < shape + SHAPE_END; entry += ENTRY) {
    if (hasRuns) {
      at = runOfMembers(at, close, entry);
      entry = stoppedAt;
      if (at == close) return load<u8>(at) == 125;
      if (entry == shape + SHAPE_END) break;
    }
    let value = at + <usize>load<u32>(entry);
    if (!isRemembered(entry, at) || load<u8>(value) <= 32) {
      // An empty object, blanks before a comma, too many members: what is rare is left to the other.
      value = at == p || load<u8>(at) == 44 ? toValue(at, entry) : 0;
      if (!value) break;
    }
    if (load<u32>(entry, 4)) isCompact = false;
    at = endOfValid(value);
    if (!at || at > close) return false;
    if (at == close) return load<u8>(at) == 125;
  }
  return endOfContainer(p) == end;
}

function endOfContainer(p: usize): usize {
  let depth: u32 = 0, object = false;
  // A value is expected at `p`, or one bracket may close what has just been opened.
  let opened = false;
  while (true) {
    p = toToken(p);
    if (p >= LIMIT) return 0;
    let c = <u32>load<u8>(p);
    if (opened && c == (object ? <u32>125 : <u32>93)) {
      // falls through to the closing brackets
    } else {
      if (object && depth) {
        if (c != 34) return 0;
        p = endOfString(p);
        if (!p) return 0;
        p = toToken(p);
        if (load<u8>(p) != 58) return 0;
        p = toToken(p + 1);
        c = <u32>load<u8>(p);
      }
      if (c == 123 || c == 91) {
        if (depth >= DEPTH_MAX) return 0;
        object = c == 123;
        const at = kinds + (depth >> 3), bit = <u32>1 << (depth & 7);
        store<u8>(at, object ? <u32>load<u8>(at) | bit : <u32>load<u8>(at) & ~bit);
        depth++;
        opened = true;
        p++;
        continue;
      }
      if (c == 34) {
        p = endOfString(p);
        if (!p) return 0;
      } else {
        const e = scalarEnd(p, LIMIT);
        if (!isScalar(p, e)) return 0;
        p = e;
      }
    }
    opened = false;
    // Behind a value: closing brackets, then a comma or the end.
    while (true) {
      p = toToken(p);
      if (p >= LIMIT) return 0;
      c = <u32>load<u8>(p++);
      if (c == 44) break;
      if (c != (object ? <u32>125 : <u32>93)) return 0;
      depth--;
      if (depth == 0) return p;
      object = ((load<u8>(kinds + ((depth - 1) >> 3)) >> <u8>((depth - 1) & 7)) & 1) != 0;
    }
  }
}
