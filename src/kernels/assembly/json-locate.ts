// Columns of JSON records, without a tree: keys are looked for at the depth of their object only, by the first character and the
// closing quote at once, and what their values hold is skipped by its brackets. Of equal keys the first counts.
//
// A program is a tree of steps that columns share. A node: u32 count of branches, then 24 bytes a branch: u32 kind (see
// `json-walk`), name, its length, index, column (or none), node below (or 0).
import { BASE, LIMIT, MASK_BYTES, MASKS, closeFrom, closingAt, closingQuote, insideAt, openingAt, quotesAt, seen } from './json-index';
import { scalarEnd, skipBlanks } from './json-check';
import { hasBackslash, sameKey, sameName } from './json-text';
import { FOLD, INDEX } from './json-walk';
import { ROWS } from './state';

const MISSING: u64 = 0xffffffff00000000;
const NO_COLUMN: u32 = 0xffffffff;
const BACKSLASH: u32 = 256;
const BRANCH_BYTES: u32 = 24;
/** Branches of a node looked for in one walk. */
const WALK_MAX: u32 = 32;
/** Longer names would be compared past the guard behind the window. */
const NAME_MAX: u32 = 120;

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
  for (let i: u32 = 0; i < n; i++) {
    const r = <usize>(selection ? load<u32>(selection + (<usize>i << 2)) : i);
    for (let c: u32 = 0; c < columns; c++) store<u64>(fields + <usize>c * stride + (r << 3), MISSING);
    const start = <usize>load<u32>(ROWS + (r << 3)), end = <usize>load<u32>(ROWS + (r << 3), 4);
    if (end > start) descend(program, start, r);
  }
}

// @ts-ignore: decorator
@inline
function branchAt(node: usize, index: u32): usize {
  return node + 4 + index * BRANCH_BYTES;
}

/** The value at `p` is that of `branch`. */
// @ts-ignore: decorator
@inline
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
    for (let first: u32 = 0; first < count; first += WALK_MAX) findMembers(node, first, min(count - first, WALK_MAX), p, row);
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

/** Bytes behind which `first` and, at the distance `length` of a name, a quote stand. */
// @ts-ignore: decorator
@inline
function candidates(p: usize, first: v128, fold: v128, length: u32): u64 {
  const quote = i8x16.splat(34), q = p + 1 + length;
  const a = v128.and(i8x16.eq(v128.or(v128.load(p, 1), fold), first), i8x16.eq(v128.load(q), quote));
  const b = v128.and(i8x16.eq(v128.or(v128.load(p, 17), fold), first), i8x16.eq(v128.load(q, 16), quote));
  const c = v128.and(i8x16.eq(v128.or(v128.load(p, 33), fold), first), i8x16.eq(v128.load(q, 32), quote));
  const d = v128.and(i8x16.eq(v128.or(v128.load(p, 49), fold), first), i8x16.eq(v128.load(q, 48), quote));
  if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) return 0;
  return <u64>(<u32>i8x16.bitmask(a)) | (<u64>(<u32>i8x16.bitmask(b)) << 16) | (<u64>(<u32>i8x16.bitmask(c)) << 32) | (<u64>(<u32>i8x16.bitmask(d)) << 48);
}

/** Whether the depth is 1 at bit `i` of a block that begins at `depth`, and has been more than 0 all the way there. */
// @ts-ignore: decorator
@inline
function isDirect(depth: i32, opening: u64, closing: u64, i: u64): bool {
  const below = (<u64>1 << i) - 1;
  let c = closing & below;
  if (depth + <i32>popcnt<u64>(opening & below) - <i32>popcnt<u64>(c) != 1) return false;
  let closed: i32 = 0;
  for (; c; c &= c - 1) {
    closed++;
    const lower = (c & (0 - c)) - 1;
    if (depth + <i32>popcnt<u64>(opening & lower) <= closed) return false;
  }
  return true;
}

function findMembers(node: usize, first: u32, count: u32, start: usize, row: usize): void {
  let pending: u32 = count == 32 ? 0xffffffff : (1 << count) - 1;
  let depth: i32 = 1;
  let block = (start - BASE) & ~63;
  let m = MASKS + (block >> 1);
  let mask = <u64>-2 << <u64>((start - BASE) & 63); // behind the bracket
  while (true) {
    const opening = openingAt(m) & mask, closing = closingAt(m) & mask, starts = quotesAt(m) & insideAt(m) & mask;
    const p = BASE + block;
    for (let left = pending; left; left &= left - 1) {
      const bit = ctz<u32>(left);
      const branch = branchAt(node, first + bit);
      const kind = load<u32>(branch);
      const name = <usize>load<u32>(branch, 4), length = load<u32>(branch, 8);
      if (kind > FOLD || length > NAME_MAX) continue;
      const head = length ? <u32>load<u8>(name) : 34;
      const fold = i8x16.splat(kind == FOLD && head - 97 < 26 ? 0x20 : 0);
      let c = candidates(p, i8x16.splat(<i8>head), fold, length) & starts;
      while (c) {
        const i = ctz<u64>(c);
        c &= c - 1;
        const key = p + <usize>i + 1;
        if (!isDirect(depth, opening, closing, i) || !sameName(key, name, length, kind == FOLD)) continue;
        let v = key + length + 1;
        if (load<u8>(v) != 58) v = skipBlanks(v, LIMIT);
        if (load<u8>(v) != 58) continue;
        v++;
        if (load<u8>(v) <= 32) v = skipBlanks(v, LIMIT);
        found(branch, v, row);
        pending &= ~(1 << bit);
        break;
      }
    }
    if (!pending) return;
    const closed = <i32>popcnt<u64>(closing);
    if (depth <= closed && endsIn(depth, opening, closing)) break;
    depth += <i32>popcnt<u64>(opening) - closed;
    mask = -1;
    block += 64;
    m += MASK_BYTES;
    if (BASE + block >= LIMIT) break;
  }
  if (seen & BACKSLASH || hasLongName(node, first, pending)) findExactly(node, first, pending, start, row);
}

function hasLongName(node: usize, first: u32, pending: u32): bool {
  for (let left = pending; left; left &= left - 1) if (load<u32>(branchAt(node, first + ctz<u32>(left)), 8) > NAME_MAX) return true;
  return false;
}

function endsIn(depth: i32, opening: u64, closing: u64): bool {
  let closed: i32 = 0;
  for (let c = closing; c; c &= c - 1) {
    closed++;
    const lower = (c & (0 - c)) - 1;
    if (depth + <i32>popcnt<u64>(opening & lower) <= closed) return true;
  }
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
        const branch = branchAt(node, first + bit), kind = load<u32>(branch);
        if (kind > FOLD || !sameKey(p + 1, q, <usize>load<u32>(branch, 4), load<u32>(branch, 8), kind == FOLD)) continue;
        found(branch, v, row);
        pending &= ~(1 << bit);
      }
    }
    p = skipBlanks(endOfValue(v), LIMIT);
    if (load<u8>(p) != 44) return;
    p = skipBlanks(p + 1, LIMIT);
  }
}

