// Sequences of Zstandard (RFC 8878, 3.1.1.3.2): literals to copy, then what is repeated from before.
import { copy16, copyMatch } from './copy';
import {
  buildTable, CELL, counts, countsEnd, countsLog, countsSymbols, LITERALS, LITERALS_MAX, MATCHES, MATCHES_MAX, OFFSETS, OFFSETS_MAX, putCell,
  readCounts,
} from './zstd-tables';
import { highest, streamBits, topBits } from './zstd-bits';

const MODE_DEFAULT: u32 = 0, MODE_ONE: u32 = 1, MODE_COUNTS: u32 = 2;
const LOG_MAX: u32 = 9, OFFSETS_LOG_MAX: u32 = 8;

const literalTable: usize = memory.data(512 * 8, 16);
const matchTable: usize = memory.data(512 * 8, 16);
const offsetTable: usize = memory.data(256 * 8, 16);
const literalDefault: usize = memory.data(64 * 8, 16);
const matchDefault: usize = memory.data(64 * 8, 16);
const offsetDefault: usize = memory.data(32 * 8, 16);

makeDefaults();

function makeDefaults(): void {
  const literals = memory.data<i16>([
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
  ]);
  const matches = memory.data<i16>([
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1,
    -1, -1, -1, -1, -1, -1,
  ]);
  const offsets = memory.data<i16>([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1]);
  buildTable(literalDefault, LITERALS, literals, 36, 6);
  buildTable(matchDefault, MATCHES, matches, 53, 6);
  buildTable(offsetDefault, OFFSETS, offsets, 29, 5);
}

// The tables of the block before, which a block may use again; 0: there are none.
let literals: usize = 0, matches: usize = 0, offsets: usize = 0;
let literalsLog: u32 = 0, matchesLog: u32 = 0, offsetsLog: u32 = 0;
let recent1: u32 = 0, recent2: u32 = 0, recent3: u32 = 0;

// What `sequences` found: literals it left over.
export let literalsLeft: usize = 0;

export function startFrame(): void {
  literals = matches = offsets = 0;
  recent1 = 1;
  recent2 = 4;
  recent3 = 8;
}

// Where the next table stands, and what was found of it.
let tableAt: usize = 0;
let table: usize = 0;
let tableLog: u32 = 0;

// Reads one table; false where it is not valid.
function readTable(mode: u32, end: usize, kind: u32, own: usize, standard: usize, standardLog: u32, symbol_max: u32, log_max: u32): bool {
  if (mode == MODE_DEFAULT) {
    table = standard;
    tableLog = standardLog;
  } else if (mode == MODE_ONE) {
    if (tableAt >= end || <u32>load<u8>(tableAt) > symbol_max) return false;
    putCell(own, kind, load<u8>(tableAt++), 0, 0);
    table = own;
    tableLog = 0;
  } else if (mode == MODE_COUNTS) {
    if (!readCounts(tableAt, end, symbol_max, log_max)) return false;
    tableAt = countsEnd;
    buildTable(own, kind, counts, countsSymbols, countsLog);
    table = own;
    tableLog = countsLog;
  }
  return table != 0;
}

function readTables(modes: u32, end: usize): bool {
  table = literals;
  tableLog = literalsLog;
  if (!readTable(modes >> 6, end, LITERALS, literalTable, literalDefault, 6, LITERALS_MAX, LOG_MAX)) return false;
  literals = table;
  literalsLog = tableLog;
  table = offsets;
  tableLog = offsetsLog;
  if (!readTable((modes >> 4) & 3, end, OFFSETS, offsetTable, offsetDefault, 5, OFFSETS_MAX, OFFSETS_LOG_MAX)) return false;
  offsets = table;
  offsetsLog = tableLog;
  table = matches;
  tableLog = matchesLog;
  if (!readTable((modes >> 2) & 3, end, MATCHES, matchTable, matchDefault, 6, MATCHES_MAX, LOG_MAX)) return false;
  matches = table;
  matchesLog = tableLog;
  return true;
}

// Executes the sequences of a block, [at, end), over literals [literal, literalEnd): writes from `out` on, not beyond `outEnd`, and
// answers the address behind; 0 where they are not valid. Matches reach back to `history`.
export function sequences(
  at: usize, end: usize, literal: usize, literalEnd: usize, history: usize, out: usize, outEnd: usize,
): usize {
  literalsLeft = literal;
  if (at >= end) return 0;
  let count = <u32>load<u8>(at++);
  if (count == 0) return at == end ? out : 0;
  if (count > 127) {
    if (end - at < 2) return 0;
    if (count < 255) count = ((count - 128) << 8) + <u32>load<u8>(at++);
    else {
      count = <u32>load<u16>(at) + 0x7f00;
      at += 2;
    }
  }
  if (at >= end) return 0;
  const modes = <u32>load<u8>(at);
  tableAt = at + 1;
  if (modes & 3 || !readTables(modes, end)) return 0;
  return execute(tableAt, end, count, literal, literalEnd, history, out, outEnd);
}

function execute(
  from: usize, end: usize, count: u32, literal: usize, literalEnd: usize, history: usize, out: usize, outEnd: usize,
): usize {
  let position = streamBits(from, end) - <i32>(literalsLog + offsetsLog + matchesLog);
  if (position < 0) return 0;
  let bits = topBits(from, position + <i32>(literalsLog + offsetsLog + matchesLog));
  let cellL = literals + <usize>highest(bits, literalsLog) * CELL;
  bits <<= <u64>literalsLog;
  let cellO = offsets + <usize>highest(bits, offsetsLog) * CELL;
  bits <<= <u64>offsetsLog;
  let cellM = matches + <usize>highest(bits, matchesLog) * CELL;
  let near = recent1, middle = recent2, far = recent3;
  while (count--) {
    const l = load<u64>(cellL), m = load<u64>(cellM), o = load<u64>(cellO);
    bits = topBits(from, position);
    // Where the six fields lie is known from the cells alone, it does not wait for the bits.
    const extraO = (o >> 48) & 0xff, extraM = (m >> 48) & 0xff, extraL = (l >> 48) & 0xff, nextL = l >> 56, nextM = m >> 56, nextO = o >> 56;
    const at1 = extraO + extraM, at2 = at1 + extraL, at3 = at2 + nextL, at4 = at3 + nextM, at5 = at4 + nextO;
    const value = <u32>o + highest(bits, <u32>extraO);
    let matchLength: u32, literalLength: u32;
    if (at5 <= 56) {
      matchLength = <u32>m + highest(bits << extraO, <u32>extraM);
      literalLength = <u32>l + highest(bits << at1, <u32>extraL);
      cellL = literals + (<usize>(l >> 32) & 0xffff) + <usize>highest(bits << at2, <u32>nextL) * CELL;
      cellM = matches + (<usize>(m >> 32) & 0xffff) + <usize>highest(bits << at3, <u32>nextM) * CELL;
      cellO = offsets + (<usize>(o >> 32) & 0xffff) + <usize>highest(bits << at4, <u32>nextO) * CELL;
    } else {
      if (position < <i32>at2) return 0;
      bits = topBits(from, position - <i32>extraO);
      matchLength = <u32>m + highest(bits, <u32>extraM);
      literalLength = <u32>l + highest(bits << extraM, <u32>extraL);
      bits = topBits(from, position - <i32>at2);
      cellL = literals + (<usize>(l >> 32) & 0xffff) + <usize>highest(bits, <u32>nextL) * CELL;
      cellM = matches + (<usize>(m >> 32) & 0xffff) + <usize>highest(bits << nextL, <u32>nextM) * CELL;
      cellO = offsets + (<usize>(o >> 32) & 0xffff) + <usize>highest(bits << (nextL + nextM), <u32>nextO) * CELL;
    }
    // The last sequence has no next states.
    position -= <i32>(count ? at5 : at2);
    if (position < 0) return 0;
    // 1 to 3 stand for recent offsets; without literals for the ones behind them, the last for one less than the nearest.
    const fresh = <u32>(value > 3), recent = value - <u32>(literalLength != 0);
    const old = select<u32>(select<u32>(near - 1, far, recent == 3), select<u32>(middle, near, recent == 1), recent > 1);
    const offset = select<u32>(value - 3, old, fresh);
    far = select<u32>(middle, far, fresh | <u32>(recent > 1));
    middle = select<u32>(near, middle, fresh | <u32>(recent > 0));
    near = offset;
    if (literalLength > <u32>(literalEnd - literal) || <u64>literalLength + matchLength > <u64>(outEnd - out)) return 0;
    copy16(out, literal, literalLength);
    out += literalLength;
    literal += literalLength;
    if (offset - 1 >= <u32>(out - history)) return 0;
    copyMatch(out, offset, matchLength);
    out += matchLength;
  }
  recent1 = near;
  recent2 = middle;
  recent3 = far;
  literalsLeft = literal;
  return position == 0 ? out : 0;
}
