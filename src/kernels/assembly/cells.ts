// Columns as CSV, of which some are cells: texts with their delimiter, made once. Meaning of all parameters: ../cell-kernels.ts
import { digits8, pointed, putNumber, ZEROS } from './digits';
import { BLOCK } from './state';
import { copyField, copyPlain, DOUBT_LENGTH, NO_QUOTE, ordinary, setWritten, writeQuoted } from './write';

const FIELDS: u32 = 0, PLAIN: u32 = 1, CELLS: u32 = 2, WIDE_CELLS: u32 = 3, NUMBERS: u32 = 4, NONE: u32 = 5;
const COLUMN_BYTES: usize = 16;
const CELL_BYTES: u32 = 16;
/** A quoted field of that many bytes may be longer than any cell. */
const QUOTED_BYTES_MAX: u32 = 32;
const SCRATCH: usize = memory.data(128, 16);

export function makeCells(fields: usize, count: u32, style: usize, bytes: u32, cells: usize): u32 {
  const delimiter = load<u32>(style + 12), quote = load<u32>(style + 16), escape = load<u32>(style + 20);
  const low = v128.load(style + 32), high = v128.load(style + 48);
  const copyOnly = quote == NO_QUOTE, always = load<u32>(style + 24) != 0 && !copyOnly;
  let longest: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const f = load<u64>(fields + (<usize>i << 3)), from = <usize>(f & 0xffffffff);
    let length = <u32>(f >> 32);
    if (length == DOUBT_LENGTH) return 0;
    if (length > DOUBT_LENGTH) length = 0;
    if (length >= QUOTED_BYTES_MAX) return 0;
    let end = SCRATCH + <usize>length;
    if (always || (copyField(from, length, SCRATCH, low, high) && !copyOnly)) end = writeQuoted(from, length, SCRATCH, quote, escape);
    store<u8>(end, delimiter);
    const written = <u32>(end + 1 - SCRATCH);
    if (written >= bytes) return 0;
    const cell = cells + <usize>i * bytes;
    v128.store(cell, v128.load(SCRATCH));
    if (bytes > CELL_BYTES) v128.store(cell, v128.load(SCRATCH, 16), 16);
    store<u8>(cell + bytes - 1, written);
    longest = max(longest, written);
  }
  return longest;
}

export function crossCells(
  first: usize, firsts: u32, firstBytes: u32, second: usize, seconds: u32, secondBytes: u32, bytes: u32, cells: usize,
): u32 {
  let longest: u32 = 0, cell = cells;
  for (let i: u32 = 0; i < firsts; i++) {
    const a = first + <usize>i * firstBytes, length = <u32>load<u8>(a + firstBytes - 1);
    for (let j: u32 = 0; j < seconds; j++) {
      const b = second + <usize>j * secondBytes, written = length + <u32>load<u8>(b + secondBytes - 1);
      copyPlain(a, length, SCRATCH);
      copyPlain(b, written - length, SCRATCH + length);
      copyPlain(SCRATCH, bytes, cell);
      store<u8>(cell + bytes - 1, written);
      longest = max(longest, written);
      cell += bytes;
    }
  }
  return longest;
}

export function crossCodes(first: usize, second: usize, seconds: u32, count: u32): void {
  const factor = i32x4.splat(seconds), toSecond = second - first, end = first + (<usize>count << 2);
  for (let p = first; p < end; p += 16) {
    v128.store(p, i32x4.add(i32x4.mul(v128.load(p), factor), v128.load(p + toSecond)));
  }
}

// Cells and numbers of neighbouring columns are put together for a block of rows, column by column: a **stretch** of each row, which is then
// copied as a whole. It begins with these u32, then come the ends of the rows' texts and the texts, each in as many bytes as the longest needs.
const TEXT_BYTES: usize = 0, NEXT_COLUMN: usize = 4, TEXTS: usize = 8;
const STRETCH_HEAD: usize = 16;
// Where the first column of a stretch says where it is.
const STRETCH: usize = 12;

const BLOCK_ROWS: u32 = 64;
/** They stay in the first cache. */
const BLOCK_BYTES: u32 = 20480;
/** Behind a stretch. */
const SPACING: usize = 64;

/** What a number and its delimiter take, with what is written behind them. */
// @ts-ignore: decorator
@inline
function columnBytes(column: usize): u32 {
  const form = load<u32>(column);
  if (form == NUMBERS) return load<u32>(column, 8) ? 64 : 32;
  return CELL_BYTES << (form - CELLS);
}

/** Lays stretches out behind each other, for blocks of `rows`. */
function layOut(columns: usize, columnsEnd: usize, rows: u32): void {
  let stretch = BLOCK + 4 * BLOCK_ROWS;
  for (let c = columns; c < columnsEnd; ) {
    if (load<u32>(c) < CELLS) {
      c += COLUMN_BYTES;
      continue;
    }
    const first = c;
    let bytes: u32 = 0;
    for (; c < columnsEnd && load<u32>(c) >= CELLS; c += COLUMN_BYTES) bytes += columnBytes(c);
    const texts = stretch + STRETCH_HEAD + (<usize>rows << 2);
    store<u32>(first, <u32>stretch, STRETCH);
    store<u32>(stretch, bytes, TEXT_BYTES);
    store<u32>(stretch, <u32>c, NEXT_COLUMN);
    store<u32>(stretch, <u32>texts, TEXTS);
    stretch = texts + <usize>rows * bytes + SPACING;
  }
}

/** Puts the texts of a block together. */
function putTogether(columns: usize, columnsEnd: usize, rows: usize, count: u32, delimiter: u32): void {
  for (let c = columns; c < columnsEnd; ) {
    if (load<u32>(c) < CELLS) {
      c += COLUMN_BYTES;
      continue;
    }
    const stretch = <usize>load<u32>(c, STRETCH), ends = stretch + STRETCH_HEAD, next = <usize>load<u32>(stretch, NEXT_COLUMN);
    const bytes = load<u32>(stretch, TEXT_BYTES);
    let text = load<u32>(stretch, TEXTS);
    for (let j: u32 = 0; j < count; j++, text += bytes) store<u32>(ends + (<usize>j << 2), text);
    for (; c < next; c += COLUMN_BYTES) {
      const form = load<u32>(c);
      if (form == CELLS) appendCells(c, rows, count, ends);
      else if (form == WIDE_CELLS) appendWideCells(c, rows, count, ends);
      else appendNumbers(c, rows, count, delimiter, ends);
    }
  }
}

function appendCells(column: usize, rows: usize, count: u32, ends: usize): void {
  const cells = <usize>load<u32>(column, 4), codes = <usize>load<u32>(column, 8), end = ends + (<usize>count << 2), toRow = rows - ends;
  for (let e = ends; e < end; e += 4) {
    const cell = cells + (<usize>load<u32>(codes + (<usize>load<u32>(e + toRow) << 2)) << 4), o = load<u32>(e);
    v128.store(<usize>o, v128.load(cell));
    store<u32>(e, o + <u32>load<u8>(cell, 15));
  }
}

function appendWideCells(column: usize, rows: usize, count: u32, ends: usize): void {
  const cells = <usize>load<u32>(column, 4), codes = <usize>load<u32>(column, 8), end = ends + (<usize>count << 2), toRow = rows - ends;
  for (let e = ends; e < end; e += 4) {
    const cell = cells + (<usize>load<u32>(codes + (<usize>load<u32>(e + toRow) << 2)) << 5), o = load<u32>(e);
    v128.store(<usize>o, v128.load(cell));
    v128.store(<usize>o, v128.load(cell, 16), 16);
    store<u32>(e, o + <u32>load<u8>(cell, 31));
  }
}

function appendNumbers(column: usize, rows: usize, count: u32, delimiter: u32, ends: usize): void {
  const values = <usize>load<u32>(column, 4), scale = load<u32>(column, 8), end = ends + (<usize>count << 2), toRow = rows - ends;
  for (let e = ends; e < end; e += 4) {
    if (scale == 0) e = appendInts(values, toRow, e, end, delimiter);
    else if (scale == 2) e = appendMoney(values, toRow, e, end, delimiter);
    if (e == end) break;
    const o = putDecimal(<usize>load<u32>(e), load<i64>(values + (<usize>load<u32>(e + toRow) << 3)), scale);
    store<u8>(o, delimiter);
    store<u32>(e, <u32>o + 1);
  }
}

/** Whole numbers of up to eight digits; stops at another. */
function appendInts(values: usize, toRow: usize, e: usize, end: usize, delimiter: u32): usize {
  for (; e < end; e += 4) {
    const v = load<u64>(values + (<usize>load<u32>(e + toRow) << 3));
    if (v >= 100000000) break;
    const digits = digits8(<u32>v), zeros = min<u64>(ctz<u64>(digits) >> 3, 7), o = <usize>load<u32>(e), behind = o + 8 - <usize>zeros;
    store<u64>(o, (digits | ZEROS) >> (zeros << 3));
    store<u8>(behind, delimiter);
    store<u32>(e, <u32>behind + 1);
  }
  return e;
}

/** The most common decimals: as many digits, of which two are behind the point. */
function appendMoney(values: usize, toRow: usize, e: usize, end: usize, delimiter: u32): usize {
  for (; e < end; e += 4) {
    const v = load<u64>(values + (<usize>load<u32>(e + toRow) << 3));
    if (v >= 100000000) break;
    const digits = digits8(<u32>v), zeros = min<u64>(ctz<u64>(digits) >> 3, 5), o = <usize>load<u32>(e), point = o + 6 - <usize>zeros;
    store<u64>(o, (digits | ZEROS) >> (zeros << 3));
    store<u32>(point, 46 | (<u32>((digits | ZEROS) >> 48) << 8) | (delimiter << 24));
    store<u32>(e, <u32>point + 4);
  }
  return e;
}

function putDecimal(at: usize, v: i64, scale: u32): usize {
  const negative = v < 0, p = at + <usize>negative;
  store<u8>(at, 45);
  const end = putNumber(p, negative ? <u64>-v : <u64>v);
  return scale ? pointed(p, end, scale) : end;
}

// Fields up to here are copied by four moves.
const SHORT: u32 = 64;

/** The column at which `shortColumns` stopped. */
let stoppedAt: usize = 0;

/**
 * Writes the columns of a row, each with its delimiter, up to the first field of `length_end` bytes, at most `SHORT` + 1, that is no text or
 * needs quotes. `quotable`: the form of fields that may need them. A function of its own, so that all it needs stays in registers.
 */
function shortColumns(
  columns: usize, columnsEnd: usize, row: usize, j: u32, quotable: u32, lengthEnd: u32, style: usize, out: usize,
): usize {
  let c = columns, o = out;
  while (c < columnsEnd) {
    const form = load<u32>(c);
    if (form >= CELLS) {
      const stretch = <usize>load<u32>(c, STRETCH);
      let text = <usize>load<u32>(stretch, TEXTS) + <usize>j * load<u32>(stretch, TEXT_BYTES);
      const end = <usize>load<u32>(stretch + STRETCH_HEAD + (<usize>j << 2)), to = o + (end - text);
      for (; text < end; text += 64, o += 64) {
        v128.store(o, v128.load(text));
        v128.store(o, v128.load(text, 16), 16);
        v128.store(o, v128.load(text, 32), 32);
        v128.store(o, v128.load(text, 48), 48);
      }
      o = to;
      c = <usize>load<u32>(stretch, NEXT_COLUMN);
      continue;
    }
    const f = load<u64>(<usize>load<u32>(c, 4) + (row << 3)), from = <usize>(f & 0xffffffff), length = <u32>(f >> 32);
    if (length >= lengthEnd) break;
    const p = v128.load(from), q = v128.load(from, 16), r = v128.load(from, 32), s = v128.load(from, 48);
    v128.store(o, p);
    v128.store(o, q, 16);
    v128.store(o, r, 32);
    v128.store(o, s, 48);
    if (form == quotable) {
      const low = v128.load(style + 32), high = v128.load(style + 48);
      const front = ordinary(p, low, high) | (ordinary(q, low, high) << 16), back = ordinary(r, low, high) | (ordinary(s, low, high) << 16);
      const found = ~(<u64>front | (<u64>back << 32));
      if (length && found << <u64>(64 - length)) break;
    }
    o += <usize>length;
    store<u8>(o, load<u8>(style, 12));
    o++;
    c += COLUMN_BYTES;
  }
  stoppedAt = c;
  return o;
}

const IN_DOUBT: usize = -1;

/** The room that a row needs at most; `IN_DOUBT`: a field of it is. */
function roomOf(columns: usize, columnsEnd: usize, row: usize, j: u32, copyOnly: bool): usize {
  let room: usize = 0;
  for (let c = columns; c < columnsEnd; ) {
    if (load<u32>(c) >= CELLS) {
      const stretch = <usize>load<u32>(c, STRETCH), text = <usize>load<u32>(stretch, TEXTS) + <usize>j * load<u32>(stretch, TEXT_BYTES);
      room += <usize>load<u32>(stretch + STRETCH_HEAD + (<usize>j << 2)) - text;
      c = <usize>load<u32>(stretch, NEXT_COLUMN);
      continue;
    }
    const length = load<u32>(<usize>load<u32>(c, 4) + (row << 3), 4);
    if (length == DOUBT_LENGTH) return IN_DOUBT;
    room += (length > DOUBT_LENGTH ? 0 : <usize>length << <usize>!copyOnly) + 3;
    c += COLUMN_BYTES;
  }
  return room;
}

/** Any field. */
function writeField(column: usize, row: usize, style: usize, out: usize): usize {
  const quote = load<u32>(style, 16), escape = load<u32>(style, 20);
  const copyOnly = quote == NO_QUOTE, always = load<u32>(style, 24) != 0 && !copyOnly;
  const f = load<u64>(<usize>load<u32>(column, 4) + (row << 3)), from = <usize>(f & 0xffffffff);
  const length = <u32>(f >> 32) >= DOUBT_LENGTH ? 0 : <u32>(f >> 32);
  let o = out;
  if (always) o = writeQuoted(from, length, o, quote, escape);
  else if (copyOnly || load<u32>(column) == PLAIN) {
    copyPlain(from, length, o);
    o += length;
  } else if (copyField(from, length, o, v128.load(style, 32), v128.load(style, 48))) o = writeQuoted(from, length, o, quote, escape);
  else o += length;
  store<u8>(o, load<u8>(style, 12));
  return o + 1;
}

export function writeCells(columns: usize, count: u32, selection: usize, n: u32, style: usize, out: usize, end: usize): void {
  const delimiterLength = load<u32>(style), recordDelimiter = load<u64>(style + 4), delimiter = load<u32>(style, 12);
  const copyOnly = load<u32>(style, 16) == NO_QUOTE, always = load<u32>(style, 24) != 0 && !copyOnly;
  const quotable = copyOnly ? NONE : FIELDS, lengthEnd = always ? 0 : SHORT + 1;
  const columnsEnd = columns + <usize>count * COLUMN_BYTES;
  // What all columns take where fields are short.
  let room: usize = delimiterLength, texts: u32 = 0;
  for (let c = columns; c < columnsEnd; c += COLUMN_BYTES) {
    if (load<u32>(c) < CELLS) room += 2 * SHORT + 3;
    else texts += columnBytes(c);
  }
  room += texts;
  const blockRows = texts ? max<u32>(1, min<u32>(BLOCK_ROWS, BLOCK_BYTES / texts)) : BLOCK_ROWS;
  layOut(columns, columnsEnd, blockRows);
  let o = out, i: u32 = 0;
  while (i < n) {
    const block = min(blockRows, n - i);
    let rows = selection + (<usize>i << 2);
    if (!selection) {
      rows = BLOCK;
      for (let j: u32 = 0; j < block; j++) store<u32>(rows + (<usize>j << 2), i + j);
    }
    if (texts) putTogether(columns, columnsEnd, rows, block, delimiter);
    for (let j: u32 = 0; j < block; j++, i++) {
      const r = <usize>load<u32>(rows + (<usize>j << 2)), start = o;
      let c = columns;
      if (room <= end - o) {
        o = shortColumns(c, columnsEnd, r, j, quotable, lengthEnd, style, o);
        c = stoppedAt;
      }
      if (c != columnsEnd) {
        const needed = roomOf(columns, columnsEnd, r, j, copyOnly);
        if (needed == IN_DOUBT || start + needed + delimiterLength > end) {
          setWritten(i, start, needed == IN_DOUBT);
          return;
        }
        for (;;) {
          o = shortColumns(c, columnsEnd, r, j, quotable, lengthEnd, style, o);
          c = stoppedAt;
          if (c == columnsEnd) break;
          o = writeField(c, r, style, o);
          c += COLUMN_BYTES;
        }
      }
      o--; // the delimiter after the last column
      store<u64>(o, recordDelimiter);
      o += delimiterLength;
    }
  }
  setWritten(i, o, false);
}
