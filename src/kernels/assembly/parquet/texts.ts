// BYTE_ARRAY as fields over the page. See ../../parquet-kernels.ts.
import { utf8Error } from '../utf8';

const DAMAGED: i32 = -1;

// A chain: u32 words at these offsets. Position: of the value whose length stands at AT.
const START: usize = 0, END: usize = 4, AT: usize = 8, POSITION: usize = 12, STORED: usize = 16;

export function chainOpen(chain: usize, from: usize, end: usize, stored: u32): void {
  store<u32>(chain, <u32>from, START);
  store<u32>(chain, <u32>end, END);
  store<u32>(chain, <u32>from, AT);
  store<u32>(chain, 0, POSITION);
  store<u32>(chain, stored, STORED);
}

export function chainTake(chain: usize, positions: usize, shift: u32, rows: usize, count: u32, into: usize): i32 {
  if (!count) return 0;
  const last = (positions ? load<u32>(positions + (<usize>(count - 1) << 2)) : count - 1) + shift;
  if (last >= load<u32>(chain, STORED)) return DAMAGED;
  const start = <usize>load<u32>(chain, START), end = <usize>load<u32>(chain, END);
  let p = <usize>load<u32>(chain, AT), position = load<u32>(chain, POSITION), left = <u32>(end - p);
  for (let j: u32 = 0; j < count; j++) {
    const wanted = (positions ? load<u32>(positions + (<usize>j << 2)) : j) + shift;
    if (wanted < position) {
      p = start;
      position = 0;
      left = <u32>(end - p);
    }
    let length: u32 = 0;
    for (;;) {
      if (left < 4) return DAMAGED;
      length = load<u32>(p);
      if (length > left - 4) return DAMAGED;
      if (position == wanted) break;
      p += length + 4;
      left -= length + 4;
      position++;
    }
    const row = rows ? load<u32>(rows + (<usize>j << 2)) : j;
    store<u64>(into + (<usize>row << 3), <u64>(p + 4) | (<u64>length << 32));
  }
  store<u32>(chain, <u32>p, AT);
  store<u32>(chain, position, POSITION);
  return <i32>count;
}

// One length can only be found behind the one before it: what costs is to wait for it. Four places of a large page are walked from
// at once; that those are starts of values is a guess, proven where the walk before each ends exactly there.
export function chainFields(from: usize, end: usize, count: u32, fields: usize): i32 {
  if (count >= 1024) {
    const quarter = (end - from) >> 2;
    const b = guess(from + quarter, end), c = guess(from + 2 * quarter, end), d = guess(from + 3 * quarter, end);
    if (b && c && d && b < c && c < d && walkFour(from, b, c, d, end, count, fields)) return <i32>end;
  }
  let p = from;
  for (let j: u32 = 0; j < count; j++) {
    if (end - p < 4) return DAMAGED;
    const length = <usize>load<u32>(p);
    p += 4;
    if (length > end - p) return DAMAGED;
    store<u64>(fields + (<usize>j << 3), <u64>p | (<u64>length << 32));
    p += length;
  }
  return <i32>p;
}

// An address, near `from`, that eight values could lie behind; 0 where there is none.
function guess(from: usize, end: usize): usize {
  for (let start = from; start < from + 65536 && start + 4 <= end; start++) {
    let p = start, values = 0;
    for (; values < 8 && p + 4 <= end; values++) {
      const length = <usize>load<u32>(p);
      if (length > 65535 || length > end - p - 4) break;
      p += length + 4;
    }
    if (values == 8) return start;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function step(p: usize): usize {
  return p + 4 + <usize>load<u32>(p);
}

// Walks [from, b), [b, c), [c, d), [d, end); false where they are not `count` values together, each walk ending on its bound. Starts
// are collected in quarters of the room for the fields, then become fields.
function walkFour(from: usize, b: usize, c: usize, d: usize, end: usize, count: u32, fields: usize): bool {
  const room = <usize>(count >> 1) << 2;
  const starts1 = fields, starts2 = starts1 + room, starts3 = starts2 + room, starts4 = starts3 + room;
  let n: usize = 0, p1 = from, p2 = b, p3 = c, p4 = d;
  for (; n < room && p1 < b && p2 < c && p3 < d && p4 < end; n += 4) {
    const length1 = load<u32>(p1), length2 = load<u32>(p2), length3 = load<u32>(p3), length4 = load<u32>(p4);
    // why: a length that is less than 2^31 cannot lead around the address space.
    if (<i32>(length1 | length2 | length3 | length4) < 0) return false;
    store<u32>(starts1 + n, <u32>p1);
    store<u32>(starts2 + n, <u32>p2);
    store<u32>(starts3 + n, <u32>p3);
    store<u32>(starts4 + n, <u32>p4);
    p1 += length1 + 4;
    p2 += length2 + 4;
    p3 += length3 + 4;
    p4 += length4 + 4;
  }
  const n1 = walkRest(p1, b, starts1, n, room), n2 = walkRest(p2, c, starts2, n, room);
  const n3 = walkRest(p3, d, starts3, n, room), n4 = walkRest(p4, end, starts4, n, room);
  if (<i32>(n1 | n2 | n3 | n4) < 0 || n1 + n2 + n3 + n4 != <usize>count << 2) return false;
  // All starts are moved together to the end of the room, from where fields overwrite only starts already used.
  const together = fields + (<usize>count << 2);
  memory.copy(together + n1 + n2 + n3, starts4, n4);
  memory.copy(together + n1 + n2, starts3, n3);
  memory.copy(together + n1, starts2, n2);
  memory.copy(together, starts1, n1);
  // The end serves as the start behind the last: the room has a word to spare.
  store<u32>(together + (<usize>count << 2), <u32>end);
  const four = i32x4.splat(4);
  let j: usize = 0;
  for (; j + 4 <= count; j += 4) {
    const starts = v128.load(together + (j << 2)), texts = i32x4.add(starts, four);
    const lengths = i32x4.sub(v128.load(together + (j << 2), 4), texts);
    v128.store(fields + (j << 3), i32x4.shuffle(texts, lengths, 0, 4, 1, 5));
    v128.store(fields + (j << 3), i32x4.shuffle(texts, lengths, 2, 6, 3, 7), 16);
  }
  for (; j < count; j++) {
    const p = load<u32>(together + (j << 2)) + 4, next = load<u32>(together + (j << 2), 4);
    store<u64>(fields + (j << 3), <u64>p | (<u64>(next - p) << 32));
  }
  return true;
}

// Goes on to a bound; answers the bytes of starts, or -1 where the walk does not end there or finds no room.
function walkRest(p: usize, bound: usize, starts: usize, n: usize, room: usize): usize {
  for (; p < bound; n += 4) {
    if (n >= room || <i32>load<u32>(p) < 0) return -1;
    store<u32>(starts + n, <u32>p);
    p = step(p);
  }
  return p == bound ? n : -1;
}

export function lengthFields(lengths: usize, count: u32, from: usize, end: usize, fields: usize): i32 {
  let p = from;
  for (let j: u32 = 0; j < count; j++) {
    const length = <usize>load<u32>(lengths + (<usize>j << 2));
    if (length > end - p) return DAMAGED;
    store<u64>(fields + (<usize>j << 3), <u64>p | (<u64>length << 32));
    p += length;
  }
  return <i32>p;
}

export function prefixBytes(prefixes: usize, suffixes: usize, count: u32): f64 {
  let total: u64 = 0, before: i64 = 0;
  for (let j: usize = 0; j < <usize>count << 2; j += 4) {
    const prefix = load<i32>(prefixes + j), suffix = load<i32>(suffixes + j);
    if ((prefix | suffix) < 0 || <i64>prefix > before) return -1;
    before = <i64>prefix + <i64>suffix;
    total += before;
  }
  return <f64>total;
}

export function prefixFields(
  prefixes: usize, suffixes: usize, count: u32, from: usize, end: usize, into: usize, intoEnd: usize, fields: usize,
): i32 {
  let p = from, o = into, before = into, lengthBefore: usize = 0;
  for (let j: usize = 0; j < count; j++) {
    const prefix = <usize>load<u32>(prefixes + (j << 2)), suffix = <usize>load<u32>(suffixes + (j << 2));
    if (prefix > lengthBefore || suffix > end - p || <u64>prefix + suffix > <u64>(intoEnd - o)) return DAMAGED;
    // The value before ends where this one begins: what a move takes too much is overwritten at once.
    for (let i: usize = 0; i < prefix; i += 16) v128.store(o + i, v128.load(before + i));
    const rest = o + prefix;
    v128.store(rest, v128.load(p));
    for (let i: usize = 16; i < suffix; i += 16) v128.store(rest + i, v128.load(p + i));
    p += suffix;
    lengthBefore = prefix + suffix;
    store<u64>(fields + (j << 3), <u64>o | (<u64>lengthBefore << 32));
    before = o;
    o += lengthBefore;
  }
  return <i32>o;
}

export function fieldsAre(fields: usize, count: u32, length: u32): u32 {
  let other: u32 = 0;
  for (let j: usize = 0; j < count; j++) other |= load<u32>(fields + (j << 3), 4) ^ length;
  return <u32>(other == 0);
}

export function fieldsUtf8(fields: usize, rows: usize, count: u32): i32 {
  for (let j: u32 = 0; j < count; j++) {
    const field = fields + (<usize>(rows ? load<u32>(rows + (<usize>j << 2)) : j) << 3);
    const p = <usize>load<u32>(field), length = load<u32>(field, 4);
    if (!isAscii(p, length) && utf8Error(p, p + length) >= 0) return <i32>j;
  }
  return DAMAGED;
}

// False where a byte above 0x7f is among them, or soon behind them.
// @ts-ignore: decorator
@inline
function isAscii(p: usize, length: u32): bool {
  let all = v128.or(v128.load(p), v128.load(p, 16));
  for (let i: u32 = 32; i < length; i += 16) all = v128.or(all, v128.load(p + i));
  return i8x16.bitmask(all) == 0;
}

// @ts-ignore: decorator
@inline
function ends(p: usize, apart: usize, first: v128, last: v128): v128 {
  return v128.and(i8x16.eq(v128.load(p), first), i8x16.eq(v128.load(p + apart), last));
}

// The needle is looked for near `from`, then passed over are all 64 bytes that have nowhere its first and its last byte as far apart.
export function findBytes(from: usize, end: usize, needle: usize, length: u32): i32 {
  if (<usize>length > end - from) return DAMAGED;
  const first = i8x16.splat(load<i8>(needle)), last = i8x16.splat(load<i8>(needle + length - 1)), apart = length - 1;
  const stop = end - apart;
  for (let p = from; p < stop; p = passOver(p, stop, apart, first, last)) {
    for (const behind = p + 64; p < behind; p += 16) {
      for (let found = <u32>i8x16.bitmask(ends(p, apart, first, last)); found; found &= found - 1) {
        const hit = p + <usize>ctz<u32>(found);
        if (hit >= stop) return DAMAGED;
        if (same(hit, needle, apart)) return <i32>hit;
      }
    }
  }
  return DAMAGED;
}

function passOver(from: usize, stop: usize, apart: usize, first: v128, last: v128): usize {
  let p = from;
  for (; p < stop; p += 64) {
    const low = v128.or(ends(p, apart, first, last), ends(p + 16, apart, first, last));
    const high = v128.or(ends(p + 32, apart, first, last), ends(p + 48, apart, first, last));
    if (i8x16.bitmask(v128.or(low, high))) break;
  }
  return p;
}

function same(p: usize, needle: usize, length: u32): bool {
  for (let i: u32 = 1; i < length; i++) if (load<u8>(p + i) != load<u8>(needle + i)) return false;
  return true;
}

export function fieldsContaining(fields: usize, count: u32, needle: usize, length: u32, base: u32, into: usize): u32 {
  if (!count) return 0;
  const lastField = fields + (<usize>(count - 1) << 3);
  const end = <usize>load<u32>(lastField) + load<u32>(lastField, 4);
  let o = into, p = <usize>load<u32>(fields), j: u32 = 0;
  while (j < count) {
    const hit = findBytes(p, end, needle, length);
    if (hit < 0) break;
    j = fieldOf(fields, j, count, hit);
    if (j == count) break;
    const start = <usize>load<u32>(fields + (<usize>j << 3)), stop = start + load<u32>(fields + (<usize>j << 3), 4);
    if (<usize>hit >= start && <usize>hit + length <= stop) {
      store<u32>(o, base + j);
      o += 4;
      p = stop;
      j++;
    } else p = <usize>hit + 1;
  }
  return <u32>((o - into) >> 2);
}

// The first field, from the j-th on, that ends behind an address: by strides that double, then halve.
function fieldOf(fields: usize, j: u32, count: u32, address: usize): u32 {
  let from = j, stride: u32 = 1;
  while (from + stride < count && fieldEnd(fields, from + stride) <= address) {
    from += stride;
    stride <<= 1;
  }
  let to = min(from + stride, count);
  while (from < to) {
    const middle = (from + to) >> 1;
    if (fieldEnd(fields, middle) <= address) from = middle + 1;
    else to = middle;
  }
  return from;
}

// @ts-ignore: decorator
@inline
function fieldEnd(fields: usize, j: u32): usize {
  const field = fields + (<usize>j << 3);
  return <usize>load<u32>(field) + load<u32>(field, 4);
}
