// What predicates on text need of JSON: the text of string tokens, without quotes and escapes.
import { BACKSLASH, seen } from './json-index';
import { badEscape, hasBackslash, sameBytes, unescape } from './json-text';
import { ARENA, ROWS, UNDECIDED } from './state';

const MISSING_LENGTH: u32 = 0xffffffff;

let others: u32 = 0;

/** Rows that `jsonStrings` left undecided. */
export function jsonOthers(): u32 {
  return others;
}

/**
 * Writes the text of string tokens to `texts` and their rows to `into`; answers how many. Rows of other tokens are undecided and
 * marked, MISSING ones are left out. Texts with escapes are computed into the arena, and hold until the next call.
 */
export function jsonStrings(fields: usize, selection: usize, n: u32, texts: usize, into: usize): u32 {
  let o = into, arena = ARENA;
  others = 0;
  for (let i: u32 = 0; i < n; i++) {
    const r = selection ? load<u32>(selection + (<usize>i << 2)) : i;
    const f = load<u64>(fields + (<usize>r << 3));
    let p = <usize>(f & 0xffffffff), length = <u32>(f >> 32);
    if (length == MISSING_LENGTH) continue;
    let text = load<u8>(p) == 34;
    if (text) {
      p++;
      length -= 2;
      if (hasBackslash(p, p + length)) {
        const end = unescape(p, p + length, arena);
        text = !badEscape;
        p = arena;
        length = <u32>(end - arena);
        arena = end;
      }
    }
    if (!text) {
      store<u8>(UNDECIDED + r, 1);
      others++;
      continue;
    }
    store<u64>(texts + (<usize>r << 3), <u64>p | (<u64>length << 32));
    store<u32>(o, r);
    o += 4;
  }
  return <u32>((o - into) >> 2);
}

/**
 * Rows, of the first `rows`, that hold the needle or a backslash, behind which it may hide: the raw bytes of the batch are
 * searched, its first and last byte at their distance.
 */
export function jsonContaining(rows: u32, needle: usize, length: u32, into: usize): u32 {
  if (!rows) return 0;
  const first = i8x16.splat(load<i8>(needle)), last = i8x16.splat(load<i8>(needle + length - 1)), backslash = i8x16.splat(92);
  const escapes = (seen & BACKSLASH) != 0;
  const end = <usize>load<u32>(ROWS + (<usize>(rows - 1) << 3), 4);
  let o = into, r: u32 = 0;
  for (let p = <usize>load<u32>(ROWS); p < end; p += 16) {
    const x = v128.load(p);
    let found = v128.and(i8x16.eq(x, first), i8x16.eq(v128.load(p + length - 1), last));
    if (escapes) found = v128.or(found, i8x16.eq(x, backslash));
    if (!v128.any_true(found)) continue;
    for (let m = <u32>i8x16.bitmask(found); m; m &= m - 1) {
      const hit = p + <usize>ctz<u32>(m);
      if (load<u8>(hit) != 92 && !sameBytes(hit, needle, length)) continue;
      while (r < rows && <usize>load<u32>(ROWS + (<usize>r << 3), 4) <= hit) r++;
      if (r >= rows) break;
      if (hit < <usize>load<u32>(ROWS + (<usize>r << 3))) continue;
      store<u32>(o, r);
      r++;
      o += 4;
    }
  }
  return <u32>((o - into) >> 2);
}
