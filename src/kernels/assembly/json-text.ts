// JSON strings: unescaping, and comparing the keys of an object with names.
import { ARENA } from './state';

// @ts-ignore: decorator
@inline
function hex(c: u32): u32 {
  return c <= 57 ? c - 48 : (c | 0x20) - 87;
}

// @ts-ignore: decorator
@inline
function hex4(p: usize): u32 {
  return (hex(load<u8>(p)) << 12) | (hex(load<u8>(p, 1)) << 8) | (hex(load<u8>(p, 2)) << 4) | hex(load<u8>(p, 3));
}

/** Some escape of the text is none. */
export let badEscape: bool = false;

function isHex4(p: usize): bool {
  for (let i: usize = 0; i < 4; i++) {
    const c = <u32>load<u8>(p + i);
    if (c - 48 > 9 && (c | 0x20) - 97 > 5) return false;
  }
  return true;
}

/**
 * Writes the text between the quotes of a string to `to` and answers its end: never longer than the token. A lone surrogate
 * becomes U+FFFD: UTF-8 has no bytes for it.
 */
export function unescape(from: usize, end: usize, to: usize): usize {
  badEscape = false;
  let o = to;
  while (from < end) {
    const c = <u32>load<u8>(from);
    if (c != 92) {
      store<u8>(o++, c);
      from++;
      continue;
    }
    const e = <u32>load<u8>(from + 1);
    from += 2;
    if (e == 117) {
      if (from + 4 > end || !isHex4(from)) {
        badEscape = true;
        return o;
      }
      let u = hex4(from);
      from += 4;
      if (u >= 0xd800 && u < 0xdc00 && from + 6 <= end && load<u16>(from) == 0x755c && isHex4(from + 2)) {
        const low = hex4(from + 2);
        if (low >= 0xdc00 && low < 0xe000) {
          u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
          from += 6;
        }
      }
      if (u >= 0xd800 && u < 0xe000) u = 0xfffd;
      o = utf8(u, o);
      continue;
    }
    let plain = e;
    if (e == 110) plain = 10;
    else if (e == 116) plain = 9;
    else if (e == 114) plain = 13;
    else if (e == 98) plain = 8;
    else if (e == 102) plain = 12;
    else if (e != 34 && e != 92 && e != 47) badEscape = true;
    store<u8>(o++, plain);
  }
  return o;
}

function utf8(u: u32, o: usize): usize {
  if (u < 0x80) {
    store<u8>(o, u);
    return o + 1;
  }
  if (u < 0x800) {
    store<u8>(o, 0xc0 | (u >> 6));
    store<u8>(o, 0x80 | (u & 63), 1);
    return o + 2;
  }
  if (u < 0x10000) {
    store<u8>(o, 0xe0 | (u >> 12));
    store<u8>(o, 0x80 | ((u >> 6) & 63), 1);
    store<u8>(o, 0x80 | (u & 63), 2);
    return o + 3;
  }
  store<u8>(o, 0xf0 | (u >> 18));
  store<u8>(o, 0x80 | ((u >> 12) & 63), 1);
  store<u8>(o, 0x80 | ((u >> 6) & 63), 2);
  store<u8>(o, 0x80 | (u & 63), 3);
  return o + 4;
}

/** Compares bytes. */
export function sameBytes(p: usize, q: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(p + i) != load<u8>(q + i)) return false;
  return true;
}

/**
 * Compares bytes with a name. Behind the name, padded to 16, stand bytes that are or-ed to the text first: 0x20 where a letter's
 * case does not count.
 */
// @ts-ignore: decorator
@inline
export function sameName(p: usize, name: usize, length: u32): bool {
  const folds = name + ((length + 15) & ~15);
  for (let i: u32 = 0; i < length; i += 16) {
    const same = i8x16.bitmask(i8x16.eq(v128.or(v128.load(p + i), v128.load(folds + i)), v128.load(name + i)));
    const wanted = length - i >= 16 ? 0xffff : (1 << (length - i)) - 1;
    if ((same & wanted) != wanted) return false;
  }
  return true;
}

// @ts-ignore: decorator
@inline
export function hasBackslash(p: usize, end: usize): bool {
  const backslash = i8x16.splat(92);
  for (; p < end; p += 16) {
    const m = <u32>i8x16.bitmask(i8x16.eq(v128.load(p), backslash));
    if (m && p + <usize>ctz<u32>(m) < end) return true;
  }
  return false;
}

/** Compares a key as it is written between its quotes with a name. */
export function sameKey(p: usize, end: usize, name: usize, length: u32): bool {
  if (hasBackslash(p, end)) {
    const to = unescape(p, end, ARENA);
    return to - ARENA == length && sameName(ARENA, name, length);
  }
  return end - p == length && sameName(p, name, length);
}
