// Whether a value of the window is JSON by all of the grammar, at the speed of its tokens. That strings hold no control characters is
// known from the index.
//
// Records look alike, so what stands between a member's value and the one before, `,"name":`, is remembered by its number from the
// record before: where it is the same again it is in order.
import { isFlat, seen } from './json-index';
import { LIMIT, closingQuote, quotesFrom } from './json-masks';
import { escapeBytes, isScalar, scalarEnd, skipBlanks } from './json-check';

/** One bit for each open bracket: 1 for an object. */
const kinds = memory.data(8192, 8);
const DEPTH_MAX: u32 = 65536;

/** What is remembered: of each member u32 length (0: nothing), u32 whether it has blanks, its first 16 bytes and its last 16. */
const shape = memory.data(2560, 16);
const ENTRY: usize = 40, SHAPE_END: usize = 2560, REMEMBERED_MAX: usize = 32;

// @ts-ignore: decorator
@inline
function isRemembered(entry: usize, p: usize): bool {
  const length = <usize>load<u32>(entry);
  const first = <u32>i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(entry, 8)));
  if (length <= 16) return length != 0 && (~first & ((<u32>1 << <u32>length) - 1)) == 0;
  return first == 0xffff && i8x16.all_true(i8x16.eq(v128.load(p + length - 16), v128.load(entry, 24)));
}

/** Remembers `[p, end)`, where it is not too long. */
function remember(entry: usize, p: usize, end: usize, hasBlanks: bool): void {
  const length = end - p;
  store<u32>(entry, length <= REMEMBERED_MAX ? <u32>length : 0);
  store<u32>(entry, <u32>hasBlanks, 4);
  v128.store(entry, v128.load(p), 8);
  v128.store(entry, v128.load(end - 16), 24);
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

const BACKSLASH: u32 = 256;

/**
 * Whether a record without lists, objects and backslashes is in order, and has no blanks; others may be in order too. It goes from
 * key to key by the quotes behind them, of which strings have two each.
 */
function isValidFlat(p: usize, end: usize): bool {
  if (load<u8>(end - 1) != 125 || load<u8>(p + 1) != 34) return false;
  let key = p + 2;
  while (true) {
    let quotes = quotesFrom(key);
    const value = key + <usize>ctz<u64>(quotes) + 2;
    if (!quotes || load<u8>(value - 1) != 58) return false;
    quotes &= quotes - 1;
    if (load<u8>(value) == 34) {
      quotes &= quotes - 1;
      const behind = quotes ? key + <usize>ctz<u64>(quotes) + 1 : closingQuote(value + 1) + 1;
      if (load<u16>(behind) != 0x222c) return behind == end - 1;
      key = behind + 2;
    } else {
      // why: where no quote is near, what lies between is no scalar, or the record ends with it
      const open = quotes ? key + <usize>ctz<u64>(quotes) : end, behind = min(open, end) - 1;
      if (!isScalar(value, behind)) return false;
      if (open >= end) return true;
      if (load<u8>(behind) != 44) return false;
      key = open + 1;
    }
  }
}

/** As `isValid` for a record that is an object. */
export function isValidRecord(p: usize, end: usize): bool {
  isCompact = true;
  if (isFlat && !(seen & BACKSLASH) && isValidFlat(p, end)) return true;
  let at = p;
  for (let entry: usize = shape; entry < shape + SHAPE_END; entry += ENTRY) {
    let value = at + <usize>load<u32>(entry);
    if (!isRemembered(entry, at)) {
      // An empty object, blanks before a comma, too many members: what is rare is left to the other.
      value = at == p || load<u8>(at) == 44 ? toValue(at, entry) : 0;
      if (!value) break;
    }
    if (load<u32>(entry, 4)) isCompact = false;
    at = endOfValid(value);
    if (!at || at >= end) return false;
    if (at + 1 == end) return load<u8>(at) == 125;
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
