// Columns of JSON records, without a tree: keys are looked for at the depth of their object only, among the strings of their
// length, and what their values hold is skipped by its brackets. Of equal keys the first counts, those written without escapes
// before those with.
//
// A program is a tree of steps that columns share. A node: u32 count of branches, then 24 bytes a branch: u32 kind (see
// `json-walk`), name (see `sameName`), its length, index (of a member the length its key has without escapes; more than any where
// it must have some), column (or none), node below (or 0).
import { BACKSLASH, isFlat, seen } from './json-index';
import { BASE, LIMIT, MASKS, MASK_BYTES, carryAt, closeFrom, closingAt, closingQuote, hasBackslashAt, isOpeningQuote, masksOf, openingAt, quotesAt, quotesFrom } from './json-masks';
import { bits, prefixXor } from './masks';
import { scalarEnd, skipBlanks } from './json-check';
import { hasBackslash, sameKey, sameName } from './json-text';
import { INDEX } from './json-walk';
import { ROWS } from './state';

const MISSING: u64 = 0xffffffff00000000;
const NO_COLUMN: u32 = 0xffffffff;
const BRANCH_BYTES: u32 = 24;
/** Branches of a node looked for in one walk. */
const WALK_MAX: u32 = 32;
/** Longer names reach beyond the next block. */
const NAME_MAX: u32 = 62;
/** Bits of `quotesFrom` that are used at once, and how many. */
const STEP_BITS: u64 = 0x00ffffffffffffff, STEP: usize = 56;

let fieldsAt: usize = 0;
let strideBytes: usize = 0;

/** One past the value at `p`, inside a window that holds it whole. */
// @ts-ignore: decorator
@inline
export function endOfValue(p: usize): usize {
  const c = <u32>load<u8>(p);
  if (c == 34) return closingQuote(p + 1) + 1;
  return (c | 0x20) == 0x7b ? closeFrom(p, 0) : scalarEnd(p, LIMIT);
}

/** Finds columns of rows; column c's fields go to `fields + <usize>c * stride`. */
export function jsonLocate(selection: usize, n: u32, program: usize, columns: u32, fields: usize, stride: usize): void {
  fieldsAt = fields;
  strideBytes = stride;
  if (isFlat && !hasIndex(program)) {
    for (let b: u32 = 0, count = load<u32>(program); b < count; b++) locateFlat(program, b, selection, n);
    return;
  }
  for (let i: u32 = 0; i < n; i++) {
    const r = <usize>(selection ? load<u32>(selection + (<usize>i << 2)) : i);
    for (let c: u32 = 0; c < columns; c++) store<u64>(fields + <usize>c * stride + (r << 3), MISSING);
    const start = <usize>load<u32>(ROWS + (r << 3)), end = <usize>load<u32>(ROWS + (r << 3), 4);
    if (end > start) descend(program, start, r);
  }
}

/** Some branch is an element of a list: records may be lists. */
function hasIndex(node: usize): bool {
  for (let b: u32 = 0, count = load<u32>(node); b < count; b++) if (load<u32>(branchAt(node, b)) == INDEX) return true;
  return false;
}

/** All columns of a branch and below it are MISSING. */
function missing(branch: usize, selection: usize, n: u32): void {
  const column = load<u32>(branch, 16), below = <usize>load<u32>(branch, 20);
  if (column != NO_COLUMN) {
    const at = fieldsAt + <usize>column * strideBytes;
    for (let i: u32 = 0; i < n; i++) store<u64>(at + (<usize>(selection ? load<u32>(selection + (<usize>i << 2)) : i) << 3), MISSING);
  }
  if (below) for (let b: u32 = 0; b < load<u32>(below); b++) missing(branchAt(below, b), selection, n);
}

/** Finds a member of records that hold no lists and objects: what is below it is MISSING. */
function locateFlat(program: usize, index: u32, selection: usize, n: u32): void {
  const branch = branchAt(program, index), column = load<u32>(branch, 16);
  if (column == NO_COLUMN || load<u32>(branch, 20)) missing(branch, selection, n);
  if (column == NO_COLUMN) return;
  const at = fieldsAt + <usize>column * strideBytes;
  for (let i: u32 = 0; ; i++) {
    if (load<u32>(branch, 12) <= 16) i = locateRun(branch, selection, i, n, at);
    if (i >= n) break;
    const r = <usize>(selection ? load<u32>(selection + (<usize>i << 2)) : i);
    store<u64>(at + (r << 3), MISSING);
    locateInFlat(program, index, r, at);
  }
}

/**
 * Finds a member with a short name in records from the `i`th on that are as most are: it is there, or no key of the window can have
 * escapes; one blank stands behind its colon at most, and its value ends within a few bytes. Answers where one is not. As
 * `locateInFlat`, without calls.
 */
function locateRun(branch: usize, selection: usize, i: u32, n: u32, at: usize): u32 {
  const length = load<u32>(branch, 12), name = <usize>load<u32>(branch, 4);
  const folds = v128.load(name + 16), first = v128.load(name), comma = i8x16.splat(44), closer = i8x16.splat(0x7d);
  const fold = i8x16.splat(0x20), blank = i8x16.splat(0x21);
  const wanted: u32 = (1 << length) - 1, rows = ROWS, hasBackslashes = (seen & BACKSLASH) != 0;
  for (; i < n; i++) {
    const r = <usize>(selection ? load<u32>(selection + (<usize>i << 2)) : i);
    let p = <usize>load<u32>(rows + (r << 3));
    const end = <usize>load<u32>(rows + (r << 3), 4);
    if (p >= end || load<u8>(p) != 123) return i;
    let quotes = quotesFrom(p) & STEP_BITS, before: u64 = 0;
    let c = quotes & quotesFrom(p + length + 1), v: usize = 0;
    while (true) {
      if (c) {
        const key = p + <usize>ctz<u64>(c) + 1;
        if (((i8x16.bitmask(i8x16.eq(v128.or(v128.load(key), folds), first)) ^ wanted) & wanted) == 0) {
          if (key < end) {
            v = key + length + 2;
            if ((before + popcnt<u64>(quotes & ((c ^ (c - 1)) >> 1))) & 1) return i;
          }
          break;
        }
        c &= c - 1;
        continue;
      }
      before += popcnt<u64>(quotes);
      p += STEP;
      if (p >= end) break;
      quotes = quotesFrom(p) & STEP_BITS;
      c = quotes & quotesFrom(p + length + 1);
    }
    if (!v) {
      if (hasBackslashes) return i;
      store<u64>(at + (r << 3), MISSING);
      continue;
    }
    if (load<u8>(v - 1) != 58) return i;
    v += <usize>(load<u8>(v) == 32);
    const head = <u32>load<u8>(v);
    let value: u64;
    if (head == 34) {
      const close = quotesFrom(v + 1);
      if (!close) return i;
      value = ctz<u64>(close) + 2;
    } else {
      const x = v128.load(v);
      const m = <u32>i8x16.bitmask(v128.or(v128.or(i8x16.eq(x, comma), i8x16.eq(v128.or(x, fold), closer)), i8x16.lt_u(x, blank)));
      if (head <= 32 || !m) return i;
      value = ctz<u32>(m);
    }
    store<u64>(at + (r << 3), <u64>v | (value << 32));
  }
  return i;
}

/** The member in the record `r`, whose field is MISSING so far. */
function locateInFlat(program: usize, index: u32, r: usize, at: usize): void {
  const branch = branchAt(program, index), length = load<u32>(branch, 12), name = <usize>load<u32>(branch, 4);
  const start = <usize>load<u32>(ROWS + (r << 3)), end = <usize>load<u32>(ROWS + (r << 3), 4);
  if (start == end || load<u8>(start) != 123) return;
  let v: usize = 0;
  if (length <= NAME_MAX) {
    for (let p = start; p < end && !v; p += STEP) {
      // Strings of that length: a quote that opens and one at its distance.
      for (let c = quotesFrom(p) & quotesFrom(p + length + 1) & STEP_BITS; c; c &= c - 1) {
        const key = p + <usize>ctz<u64>(c) + 1;
        if (!sameName(key, name, length)) continue;
        if (key >= end || !isOpeningQuote(key - 1)) continue;
        v = valueBehind(key + length + 1);
        if (v) break;
      }
    }
  }
  if (v) store<u64>(at + (r << 3), <u64>v | (<u64>(endOfValue(v) - v) << 32));
  else if (length > NAME_MAX || hasEscapes(start, end)) findExactly(program, index, 1, start, r);
}

function hasEscapes(p: usize, end: usize): bool {
  for (let m = masksOf(p), last = masksOf(end - 1); m <= last; m += MASK_BYTES) if (hasBackslashAt(m)) return true;
  return false;
}

/** The value behind a key that ends before `p`, or 0 where no colon follows. */
// @ts-ignore: decorator
@inline
function valueBehind(p: usize): usize {
  if (load<u8>(p) != 58) {
    p = skipBlanks(p, LIMIT);
    if (load<u8>(p) != 58) return 0;
  }
  p++;
  return load<u8>(p) <= 32 ? skipBlanks(p, LIMIT) : p;
}

// @ts-ignore: decorator
@inline
function branchAt(node: usize, index: u32): usize {
  return node + 4 + index * BRANCH_BYTES;
}

/** The value at `p` is that of `branch`. */
function found(branch: usize, p: usize, row: usize): void {
  const column = load<u32>(branch, 16), below = <usize>load<u32>(branch, 20);
  if (column != NO_COLUMN) {
    store<u64>(fieldsAt + <usize>column * strideBytes + (row << 3), <u64>p | (<u64>(endOfValue(p) - p) << 32));
  }
  if (below) descend(below, p, row);
}

function descend(node: usize, p: usize, row: usize): void {
  const count = load<u32>(node), c = <u32>load<u8>(p);
  if (c == 123) {
    if (count == 1) findMember(node, p, row);
    else for (let first: u32 = 0; first < count; first += WALK_MAX) findMembers(node, first, min(count - first, WALK_MAX), p, row);
  } else if (c == 91) {
    for (let b: u32 = 0; b < count; b++) {
      if (load<u32>(branchAt(node, b)) == INDEX) findElement(branchAt(node, b), p, row);
    }
  }
}

function findElement(branch: usize, p: usize, row: usize): void {
  p = skipBlanks(p + 1, LIMIT);
  if (load<u8>(p) == 93) return;
  for (let left = load<u32>(branch, 12); left; left--) {
    p = skipBlanks(endOfValue(p), LIMIT);
    if (load<u8>(p) != 44) return;
    p = skipBlanks(p + 1, LIMIT);
  }
  found(branch, p, row);
}

/** Whether the depth, `depth` before them, comes to 0 at one of the closing brackets. */
function comesToZero(opening: u64, closing: u64, depth: i32): bool {
  for (; closing; closing &= closing - 1) {
    const below = (closing & (0 - closing)) - 1;
    depth += <i32>popcnt<u64>(opening & below) - 1;
    if (depth == 0) return true;
    opening &= ~below;
  }
  return false;
}

/** As `findMembers` of a node with one branch. */
function findMember(node: usize, start: usize, row: usize): void {
  const branch = branchAt(node, 0), name = <usize>load<u32>(branch, 4), length = load<u32>(branch, 12);
  if (load<u32>(branch) == INDEX) return;
  const reach = <u64>(length + 1), last = masksOf(LIMIT - 1);
  const first = v128.load8_splat(name), fold = v128.load8_splat(name + ((length + 15) & ~15));
  let escapes = false;
  let depth: i32 = 1;
  let m = masksOf(start);
  let mask = <u64>-2 << <u64>((start - BASE) & 63); // behind the bracket
  while (length <= NAME_MAX && m <= last) {
    // A block in which members of the object may stand.
    const quotes = quotesAt(m), opening = openingAt(m) & mask, closing = closingAt(m) & mask, closed = <i32>popcnt<u64>(closing);
    escapes |= hasBackslashAt(m);
    const block = BASE + ((m - MASKS) << 3);
    // Strings of that length, and from the second block on of that first letter.
    let strings = quotes & mask & ((quotes >> reach) | (quotesAt(m + MASK_BYTES) << (64 - reach)));
    if (mask == -1) {
      const w = v128.or(v128.load(block, 1), fold), x = v128.or(v128.load(block, 17), fold);
      const y = v128.or(v128.load(block, 33), fold), z = v128.or(v128.load(block, 49), fold);
      strings &= bits(first, w, x, y, z);
    }
    for (let c = strings; c; c &= c - 1) {
      const key = block + <usize>ctz<u64>(c) + 1, below = (c ^ (c - 1)) >> 1;
      if (!sameName(key, name, length) || (popcnt<u64>(quotes & below) ^ carryAt(m)) & 1) continue;
      if (!isDirect(opening & below, closing & below, depth)) continue;
      const v = valueBehind(key + length + 1);
      if (!v) continue;
      found(branch, v, row);
      return;
    }
    if (depth <= closed && comesToZero(opening, closing, depth)) break;
    depth += <i32>popcnt<u64>(opening) - closed;
    mask = -1;
    for (m += MASK_BYTES; m <= last; m += MASK_BYTES) {
      const closed = <i32>popcnt<u64>(closingAt(m));
      if (depth <= closed + 1) break;
      depth += <i32>popcnt<u64>(openingAt(m)) - closed;
    }
  }
  if (escapes || length > NAME_MAX) findExactly(node, 0, 1, start, row);
}

function findMembers(node: usize, first: u32, count: u32, start: usize, row: usize): void {
  let pending: u32 = count == 32 ? 0xffffffff : (1 << count) - 1;
  let escapes = false; // where keys of the object may have them
  let depth: i32 = 1;
  let block = BASE + ((start - BASE) & ~63);
  let m = masksOf(start);
  let mask = <u64>-2 << <u64>((start - BASE) & 63); // behind the bracket
  let quotes = quotesAt(m);
  while (true) {
    const nextQuotes = quotesAt(m + MASK_BYTES), opening = openingAt(m) & mask, closing = closingAt(m) & mask;
    const closed = <i32>popcnt<u64>(closing);
    if (depth <= closed + 1) {
      escapes |= hasBackslashAt(m);
      const starts = quotes & (prefixXor(quotes) ^ carryAt(m)) & mask;
      for (let left = pending; left; left &= left - 1) {
        const bit = ctz<u32>(left);
        const branch = branchAt(node, first + bit), length = load<u32>(branch, 12);
        if (length > NAME_MAX || load<u32>(branch) == INDEX) continue;
        // Strings of that length: a quote that opens and one at its distance.
        for (let c = starts & ((quotes >> <u64>(length + 1)) | (nextQuotes << <u64>(63 - length))); c; c &= c - 1) {
          const key = block + <usize>ctz<u64>(c) + 1;
          if (!sameName(key, <usize>load<u32>(branch, 4), length)) continue;
          const below = (c ^ (c - 1)) >> 1;
          if (!isDirect(opening & below, closing & below, depth)) continue;
          const v = valueBehind(key + length + 1);
          if (!v) continue;
          pending &= ~(1 << bit);
          found(branch, v, row);
          break;
        }
      }
      if (!pending) return;
      if (depth <= closed && comesToZero(opening, closing, depth)) break;
    }
    depth += <i32>popcnt<u64>(opening) - closed;
    mask = -1;
    block += 64;
    if (block >= LIMIT) break;
    m += MASK_BYTES;
    quotes = nextQuotes;
  }
  if (escapes || hasLongName(node, first, pending)) findExactly(node, first, pending, start, row);
}

/** Whether what stands behind these brackets lies directly in the object they belong to; `depth`: before them. */
// @ts-ignore: decorator
@inline
function isDirect(opening: u64, closing: u64, depth: i32): bool {
  const closed = <i32>popcnt<u64>(closing);
  return depth + <i32>popcnt<u64>(opening) - closed == 1 && (depth > closed || !comesToZero(opening, closing, depth));
}

function hasLongName(node: usize, first: u32, pending: u32): bool {
  for (let left = pending; left; left &= left - 1) if (load<u32>(branchAt(node, first + ctz<u32>(left)), 12) > NAME_MAX) return true;
  return false;
}

/** For keys written with escapes, and long ones: walks the members one by one. */
function findExactly(node: usize, first: u32, pending: u32, start: usize, row: usize): void {
  const end = closeFrom(start, 0);
  if (!end || (!hasBackslash(start, end) && !hasLongName(node, first, pending))) return;
  let p = skipBlanks(start + 1, LIMIT);
  while (pending && p < end && load<u8>(p) == 34) {
    const q = closingQuote(p + 1);
    let v = skipBlanks(q + 1, LIMIT);
    if (load<u8>(v) != 58) return;
    v = skipBlanks(v + 1, LIMIT);
    if (q - p > NAME_MAX || hasBackslash(p + 1, q)) {
      for (let left = pending; left; left &= left - 1) {
        const bit = ctz<u32>(left);
        const branch = branchAt(node, first + bit);
        if (load<u32>(branch) == INDEX || !sameKey(p + 1, q, <usize>load<u32>(branch, 4), load<u32>(branch, 8))) continue;
        found(branch, v, row);
        pending &= ~(1 << bit);
      }
    }
    p = skipBlanks(endOfValue(v), LIMIT);
    if (load<u8>(p) != 44) return;
    p = skipBlanks(p + 1, LIMIT);
  }
}

