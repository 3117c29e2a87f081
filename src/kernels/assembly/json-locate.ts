// Columns of JSON records, without a tree: keys are looked for at the depth of their object only, among the strings of their
// length, and what their values hold is skipped by its brackets. Of equal keys the first counts, those written without escapes
// before those with.
//
// A program is a tree of steps that columns share. A node: u32 count of branches, then 24 bytes a branch: u32 kind (see
// `json-walk`), name (see `sameName`), its length, index, column (or none), node below (or 0).
import { BASE, LIMIT, MASK_BYTES, closeFrom, closingAt, closingQuote, insideAt, masksOf, openingAt, quotesAt, seen } from './json-index';
import { scalarEnd, skipBlanks } from './json-check';
import { hasBackslash, sameKey, sameName } from './json-text';
import { INDEX } from './json-walk';
import { ROWS } from './state';

const MISSING: u64 = 0xffffffff00000000;
const NO_COLUMN: u32 = 0xffffffff;
const BACKSLASH: u32 = 256;
const BRANCH_BYTES: u32 = 24;
/** Branches of a node looked for in one walk. */
const WALK_MAX: u32 = 32;
/** Longer names reach beyond the next block. */
const NAME_MAX: u32 = 62;

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

/** Depth at the end of the block `directAt` looked at; 0 where the object ended in it. */
let depthAfter: i32 = 0;

/** Bytes of a block at depth 1, up to where the depth comes to 0. The block begins at `depth`. */
function directAt(opening: u64, closing: u64, depth: i32): u64 {
  let direct: u64 = 0, from: u64 = -1; // bytes from the last bracket on
  for (let m = opening | closing; m; m &= m - 1) {
    const bit = m & (0 - m), after = 0 - bit;
    if (depth == 1) direct |= from & ~after;
    from = after;
    depth += opening & bit ? 1 : -1;
    if (depth == 0) {
      depthAfter = 0;
      return direct;
    }
  }
  if (depth == 1) direct |= from;
  depthAfter = depth;
  return direct;
}

function findMembers(node: usize, first: u32, count: u32, start: usize, row: usize): void {
  let pending: u32 = count == 32 ? 0xffffffff : (1 << count) - 1;
  let depth: i32 = 1;
  let block = BASE + ((start - BASE) & ~63);
  let m = masksOf(start);
  let mask = <u64>-2 << <u64>((start - BASE) & 63); // behind the bracket
  let quotes = quotesAt(m);
  while (true) {
    const opening = openingAt(m) & mask, closing = closingAt(m) & mask, nextQuotes = quotesAt(m + MASK_BYTES);
    let starts = quotes & insideAt(m) & mask;
    if (opening | closing) {
      starts &= directAt(opening, closing, depth);
      depth = depthAfter;
    } else if (depth != 1) starts = 0;
    if (starts) {
      for (let left = pending; left; left &= left - 1) {
        const bit = ctz<u32>(left);
        const branch = branchAt(node, first + bit), length = load<u32>(branch, 8);
        if (length > NAME_MAX || load<u32>(branch) == INDEX) continue;
        // Strings of that length: a quote that opens and one at its distance.
        let c = starts & ((quotes >> <u64>(length + 1)) | (nextQuotes << <u64>(63 - length)));
        while (c) {
          const key = block + <usize>ctz<u64>(c) + 1;
          c &= c - 1;
          if (!sameName(key, <usize>load<u32>(branch, 4), length)) continue;
          let v = key + length + 1;
          if (load<u8>(v) != 58) v = skipBlanks(v, LIMIT);
          if (load<u8>(v) != 58) continue;
          v++;
          if (load<u8>(v) <= 32) v = skipBlanks(v, LIMIT);
          pending &= ~(1 << bit);
          found(branch, v, row);
          break;
        }
      }
      if (!pending) return;
    }
    if (depth == 0) break;
    mask = -1;
    block += 64;
    if (block >= LIMIT) break;
    m += MASK_BYTES;
    quotes = nextQuotes;
  }
  if (seen & BACKSLASH || hasLongName(node, first, pending)) findExactly(node, first, pending, start, row);
}

function hasLongName(node: usize, first: u32, pending: u32): bool {
  for (let left = pending; left; left &= left - 1) if (load<u32>(branchAt(node, first + ctz<u32>(left)), 8) > NAME_MAX) return true;
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

