// The RLE/bit-packed hybrid: runs of one value, and runs of bit-packed ones. See ../../parquet-kernels.ts.
import { emit8, emitAll } from './emit';
import { keepNarrow, setLookup } from './narrow';
import { packed, unpack } from './unpack';

const DAMAGED: i32 = -1;
const RARE: u32 = 1;
// Up to so many bits, a table is one vector.
const NARROW: u32 = 4;

// A stream: u32 words at these offsets. Position: of the first value of the run at AT.
const START: usize = 0, END: usize = 4, AT: usize = 8, POSITION: usize = 12, WIDTH: usize = 16, SIZE: usize = 20;

// Codes of a block, with room for those before the first and behind the last.
const BLOCK: u32 = 1024;
const codes: usize = memory.data((1024 + 32) * 4, 16);

// The run behind the last header read.
export let runAt: usize = 0;
export let runRepeats: bool = false;
export let runCount: u32 = 0;
export let runValue: u32 = 0;
export let runEnd: usize = 0;

// Reads the header of a run; false where there is none. A packed run that the end cuts off has the values that are whole.
export function nextRun(at: usize, end: usize, width: u32): bool {
  let header: u64 = 0, shift: u64 = 0;
  for (;;) {
    if (at >= end || shift > 28) return false;
    const byte = <u64>load<u8>(at++);
    header |= (byte & 127) << shift;
    if (byte < 128) break;
    shift += 7;
  }
  runRepeats = (header & 1) == 0;
  if (runRepeats) {
    const bytes = <usize>((width + 7) >> 3);
    if (bytes > end - at) return false;
    runCount = <u32>(header >> 1);
    runValue = bytes ? load<u32>(at) & (<u32>0xffffffff >> (32 - 8 * <u32>bytes)) : 0;
    runEnd = at + bytes;
  } else {
    const groups = header >> 1, bytes = groups * width, left = <u64>(end - at);
    runAt = at;
    runEnd = at + <usize>min(bytes, left);
    runCount = <u32>min<u64>(bytes > left ? (left << 3) / width : groups << 3, 0x7fffffff);
  }
  return runCount != 0;
}

export function hybridOpen(stream: usize, from: usize, end: usize, width: u32, size: u32): i32 {
  if (width > 32 || from > end) return DAMAGED;
  store<u32>(stream, <u32>from, START);
  store<u32>(stream, <u32>end, END);
  store<u32>(stream, <u32>from, AT);
  store<u32>(stream, 0, POSITION);
  store<u32>(stream, width, WIDTH);
  store<u32>(stream, size, SIZE);
  return 0;
}

// Opens the run that holds a position, and leaves the stream standing at it; false where there is none.
function seek(stream: usize, position: u32): bool {
  const end = <usize>load<u32>(stream, END), width = load<u32>(stream, WIDTH);
  let at = <usize>load<u32>(stream, AT), first = load<u32>(stream, POSITION);
  if (position < first) {
    at = load<u32>(stream, START);
    first = 0;
  }
  for (;;) {
    // Most runs are packed, and their headers one byte.
    const header = at < end ? <u32>load<u8>(at) : 0;
    if ((header & 0x81) == 1) {
      const count = (header >> 1) << 3, next = at + 1 + <usize>(header >> 1) * width;
      if (next <= end && position - first >= count && count) {
        first += count;
        at = next;
        continue;
      }
    }
    if (!nextRun(at, end, width)) return false;
    if (position - first < runCount) break;
    first += runCount;
    at = runEnd;
  }
  store<u32>(stream, <u32>at, AT);
  store<u32>(stream, first, POSITION);
  return true;
}

// Unpacks values [k, k + count) of the packed run, at most BLOCK; answers the address of the first, 0 where one is not below `size`.
// @ts-ignore: decorator
@inline
function block(k: u32, count: u32, width: u32, size: u32): usize {
  const before = k & 7;
  const from = runAt + <usize>(k >> 3) * width;
  if (unpack(from, before + count, width, codes) < size) return codes + (<usize>before << 2);
  // What is too large may stand before the first.
  const first = codes + (<usize>before << 2), end = first + (<usize>count << 2);
  for (let p = first; p < end; p += 4) if (load<u32>(p) >= size) return 0;
  return first;
}

export function hybridUnpack(stream: usize, first: u32, count: u32, into: usize): i32 {
  const width = load<u32>(stream, WIDTH), size = load<u32>(stream, SIZE);
  let position = first, left = count, o = into;
  while (left) {
    if (!seek(stream, position)) return DAMAGED;
    const k = position - load<u32>(stream, POSITION), n = min(runCount - k, left);
    if (runRepeats) {
      if (runValue >= size) return DAMAGED;
      const value = i32x4.splat(runValue), end = o + (<usize>n << 2);
      for (let p = o; p < end; p += 16) v128.store(p, value);
    } else if (!(k & 7)) {
      if (unpack(runAt + <usize>(k >> 3) * width, n, width, o) >= size) return DAMAGED;
    } else {
      for (let done: u32 = 0; done < n; done += BLOCK) {
        const m = min(BLOCK, n - done), from = block(k + done, m, width, size);
        if (!from) return DAMAGED;
        memory.copy(o + (<usize>done << 2), from, <usize>m << 2);
      }
    }
    o += <usize>n << 2;
    position += n;
    left -= n;
  }
  return <i32>count;
}

export function hybridFilter(stream: usize, first: u32, count: u32, table: usize, hint: u32, base: u32, into: usize): i32 {
  const width = load<u32>(stream, WIDTH), size = load<u32>(stream, SIZE);
  const narrow = width <= NARROW;
  if (narrow) setLookup(table, size);
  let position = first, left = count, o = into;
  while (left) {
    if (!seek(stream, position)) return DAMAGED;
    const k = position - load<u32>(stream, POSITION), n = min(runCount - k, left);
    if (runRepeats) {
      if (runValue >= size) return DAMAGED;
      if (load<u8>(table + runValue)) o = emitAll(o, base + (position - first), n);
    } else if (narrow) {
      o = keepNarrow(runAt, k, n, width, base + (position - first), o);
      if (!o) return DAMAGED;
    } else {
      for (let done: u32 = 0; done < n; done += BLOCK) {
        const m = min(BLOCK, n - done), row = base + (position - first) + done;
        const from = block(k + done, m, width, size);
        if (!from) return DAMAGED;
        o = hint == RARE ? keepRare(from, m, table, row, o) : keep(from, m, table, row, o);
      }
    }
    position += n;
    left -= n;
  }
  return <i32>((o - into) >> 2);
}

// @ts-ignore: decorator
@inline
function passes(table: usize, code: usize, offset: usize): u32 {
  return <u32>load<u8>(table + <usize>load<u32>(code + offset));
}

function keep(from: usize, count: u32, table: usize, row: u32, o: usize): usize {
  const end = from + (<usize>count << 2), whole = from + (<usize>(count & ~7) << 2);
  let q = from;
  for (; q < whole; q += 32) {
    store<u32>(o, row);
    o += passes(table, q, 0) << 2;
    store<u32>(o, row + 1);
    o += passes(table, q, 4) << 2;
    store<u32>(o, row + 2);
    o += passes(table, q, 8) << 2;
    store<u32>(o, row + 3);
    o += passes(table, q, 12) << 2;
    store<u32>(o, row + 4);
    o += passes(table, q, 16) << 2;
    store<u32>(o, row + 5);
    o += passes(table, q, 20) << 2;
    store<u32>(o, row + 6);
    o += passes(table, q, 24) << 2;
    store<u32>(o, row + 7);
    o += passes(table, q, 28) << 2;
    row += 8;
  }
  for (; q < end; q += 4) {
    store<u32>(o, row++);
    o += passes(table, q, 0) << 2;
  }
  return o;
}

// For when hardly any passes: one branch for eight.
function keepRare(from: usize, count: u32, table: usize, row: u32, o: usize): usize {
  const end = from + (<usize>count << 2), whole = from + (<usize>(count & ~7) << 2);
  let q = from;
  for (; q < whole; q += 32, row += 8) {
    const low = passes(table, q, 0) | (passes(table, q, 4) << 1) | (passes(table, q, 8) << 2) | (passes(table, q, 12) << 3);
    const high = passes(table, q, 16) | (passes(table, q, 20) << 1) | (passes(table, q, 24) << 2) | (passes(table, q, 28) << 3);
    const kept = low | (high << 4);
    if (kept) o = emit8(o, kept, row);
  }
  for (; q < end; q += 4) {
    store<u32>(o, row++);
    o += passes(table, q, 0) << 2;
  }
  return o;
}

// The end of the positions from `q` on that are in a run, of which the first is.
function inRunTo(q: usize, end: usize, first: u32, inRun: u32): usize {
  const firsts = i32x4.splat(first), counts = i32x4.splat(inRun);
  let stop = q;
  while (stop + 16 <= end && i32x4.all_true(i32x4.lt_u(i32x4.sub(v128.load(stop), firsts), counts))) stop += 16;
  while (stop < end && load<u32>(stop) - first < inRun) stop += 4;
  return stop;
}

export function hybridTake(stream: usize, positions: usize, shift: u32, count: u32, into: usize): i32 {
  if (!positions) return hybridUnpack(stream, shift, count, into);
  const width = load<u32>(stream, WIDTH), size = load<u32>(stream, SIZE);
  const end = positions + (<usize>count << 2);
  let q = positions, o = into;
  while (q < end) {
    if (!seek(stream, load<u32>(q) + shift)) return DAMAGED;
    const first = load<u32>(stream, POSITION) - shift, inRun = runCount, from = runAt;
    if (runRepeats) {
      const value = runValue;
      if (value >= size) return DAMAGED;
      for (; q < end && load<u32>(q) - first < inRun; q += 4, o += 4) store<u32>(o, value);
    } else {
      const stop = inRunTo(q, end, first, inRun);
      const k = load<u32>(q) - first, span = load<u32>(stop - 4) - first - k + 1;
      let most: u32 = 0;
      if (span <= BLOCK && span < <u32>(stop - q)) {
        // More than a quarter of the span is wanted.
        const largest = unpack(from + <usize>(k >> 3) * width, span + (k & 7), width, codes);
        const unpacked = codes - (<usize>(first + (k & ~7)) << 2);
        // What is too large may be one that is not.
        if (largest >= size) for (let p = q; p < stop; p += 4) most = max(most, load<u32>(unpacked + (<usize>load<u32>(p) << 2)));
        for (; q < stop; q += 4, o += 4) store<u32>(o, load<u32>(unpacked + (<usize>load<u32>(q) << 2)));
      } else {
        for (; q < stop; q += 4, o += 4) {
          // why: in one expression, the compiler would subtract in 64 bits.
          const at = load<u32>(q) - first;
          const code = packed(from, <u64>at * width, width);
          most = max(most, code);
          store<u32>(o, code);
        }
      }
      if (most >= size) return DAMAGED;
    }
  }
  return <i32>count;
}

export function hybridRefine(stream: usize, positions: usize, shift: u32, rows: usize, count: u32, table: usize, into: usize): i32 {
  const width = load<u32>(stream, WIDTH), size = load<u32>(stream, SIZE);
  const end = positions + (<usize>count << 2), toRow = rows - positions;
  let q = positions, o = into;
  while (q < end) {
    if (!seek(stream, load<u32>(q) + shift)) return DAMAGED;
    const first = load<u32>(stream, POSITION) - shift;
    if (runRepeats) {
      if (runValue >= size) return DAMAGED;
      const inRun = runCount, keeps = <usize>load<u8>(table + runValue) << 2;
      for (; q < end && load<u32>(q) - first < inRun; q += 4, o += keeps) store<u32>(o, load<u32>(q + toRow));
    } else {
      o = refinePacked(q, end, first, toRow, width, size, table, o);
      if (!o) return DAMAGED;
      q = refinedTo;
    }
  }
  return <i32>((o - into) >> 2);
}

// Where `refinePacked` stopped.
let refinedTo: usize = 0;

// Of positions from `q` on as long as they are in the packed run, which begins at the position `first`; 0 where there is a code that is none.
function refinePacked(q: usize, end: usize, first: u32, toRow: usize, width: u32, size: u32, table: usize, o: usize): usize {
  const from = runAt, inRun = runCount, mask: u64 = width == 32 ? 0xffffffff : ((<u64>1) << width) - 1;
  for (; q < end; q += 4) {
    // why: in one expression, the compiler would subtract in 64 bits.
    const at = load<u32>(q) - first;
    if (at >= inRun) break;
    const bit = <u64>at * width, code = <u32>((load<u64>(from + <usize>(bit >> 3)) >> (bit & 7)) & mask);
    if (code >= size) return 0;
    store<u32>(o, load<u32>(q + toRow));
    o += <usize>load<u8>(table + code) << 2;
  }
  refinedTo = q;
  return o;
}

export function markTable(entries: usize, count: u32, base: u32, table: usize): void {
  for (let j: u32 = 0; j < count; j++) store<u8>(table + base + load<u32>(entries + (<usize>j << 2)), 1);
}
