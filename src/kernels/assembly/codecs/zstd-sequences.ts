// Sequences of Zstandard (RFC 8878, 3.1.1.3.2): literals to copy, then what is repeated from before.
import { copy16, copyMatch, copyShort } from './copy';
import {
  BITS, buildTable, CELL, CODED, counts, countsEnd, countsLog, countsSymbols, literalBases, literalBits, LITERALS, LITERALS_MAX, MASK,
  matchBases, matchBits, MATCHES, MATCHES_MAX, NEXT, OFFSETS, OFFSETS_MAX, putCell, readCounts, VALUE,
} from './zstd-tables';
import { highest, streamBits } from './zstd-bits';

const MODE_DEFAULT: u32 = 0, MODE_ONE: u32 = 1, MODE_COUNTS: u32 = 2;
const LOG_MAX: u32 = 9, OFFSETS_LOG_MAX: u32 = 8;

const literalTable: usize = memory.data(512 * 8, 16);
const matchTable: usize = memory.data(512 * 8, 16);
const offsetTable: usize = memory.data(256 * 8, 16);
const literalDefault: usize = memory.data(64 * 8, 16);
const matchDefault: usize = memory.data(64 * 8, 16);
const offsetDefault: usize = memory.data(32 * 8, 16);

// Of each offset value (4: a fresh one), without and with literals: which lanes of [recent offsets, fresh one] the next recent offsets
// are, and what is added to them.
const repeats: usize = memory.data(10 * 32, 16);

makeDefaults();
makeRepeats();

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

function makeRepeats(): void {
  for (let literals: u32 = 0; literals < 2; literals++) {
    for (let value: u32 = 1; value <= 4; value++) {
      // Without literals, 1 to 3 stand for the ones behind the nearest, the last for one less than the nearest.
      const less = !literals && value == 3, which: u32 = value == 4 ? 3 : literals ? value - 1 : value % 3;
      const at = repeats + (((value << 1) | literals) << 5);
      putLane(at, 0, which);
      putLane(at, 1, which || less ? 0 : 1);
      putLane(at, 2, which > 1 || less ? 1 : 2);
      if (less) store<i32>(at, -1, 16);
    }
  }
}

function putLane(at: usize, lane: u32, from: u32): void {
  for (let i: u32 = 0; i < 4; i++) store<u8>(at + (lane << 2) + i, (from << 2) + i);
}

// The tables of the block before, which a block may use again; 0: there are none.
let literals: usize = 0, matches: usize = 0, offsets: usize = 0;
let literalsLog: u32 = 0, matchesLog: u32 = 0, offsetsLog: u32 = 0;
// The last three offsets.
const recent: usize = memory.data(16, 16);

// What `sequences` found: literals it left over.
export let literalsLeft: usize = 0;

export function startFrame(): void {
  literals = matches = offsets = 0;
  v128.store(recent, i32x4(1, 4, 8, 0));
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
    putCell(own, kind, load<u8>(tableAt++), own, 0);
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

// The next bits of a stream that ends at `last` + 8, below the last one used: `used` bits of it, less one, are.
// @ts-ignore: decorator
@inline
function bitsBelow(last: usize, used: u32): u64 {
  return load<u64>(last - (used >> 3)) << <u64>(used & 7);
}

// Where `shortSequences` stands, and of the sequence that it left to its caller, the lengths and the offset.
let literalLength: u32 = 0, matchLength: u32 = 0, matchOffset: u32 = 0;
let countLeft: u32 = 0, bitsUsed: u32 = 0, statesRead: u32 = 0;
let cellLiterals: usize = 0, cellOffsets: usize = 0, cellMatches: usize = 0, literalAt: usize = 0;

// What a short sequence copies at most, and may write.
const LITERALS_SHORT: u32 = 16, MATCH_SHORT: u32 = 64, SPARE: usize = 128;

function execute(
  from: usize, end: usize, count: u32, literal: usize, literalEnd: usize, history: usize, out: usize, outEnd: usize,
): usize {
  const stored = streamBits(from, end);
  if (stored < 0) return 0;
  const last = end - 8, total = <u32>(end - from) << 3;
  // One bit less than is used up: its place on top is taken by the 1 that offsets begin with.
  const used = total - <u32>stored - 1;
  let bits = bitsBelow(last, used) << 1;
  cellLiterals = literals + highest(bits, literalsLog) * CELL;
  bits <<= <u64>literalsLog;
  cellOffsets = offsets + highest(bits, offsetsLog) * CELL;
  bits <<= <u64>offsetsLog;
  cellMatches = matches + highest(bits, matchesLog) * CELL;
  bitsUsed = used + literalsLog + offsetsLog + matchesLog;
  countLeft = count;
  literalAt = literal;
  const outLast = outEnd - out > SPARE ? outEnd - SPARE : out;
  for (;;) {
    out = shortSequences(last, total, literalEnd, history, out, outLast);
    if (!out) return 0;
    if (!countLeft) break;
    const literal = literalAt;
    if (literalLength > <u32>(literalEnd - literal) || literalLength + matchLength > <u32>(outEnd - out)) return 0;
    copy16(out, literal, literalLength);
    out += literalLength;
    literalAt = literal + literalLength;
    if (matchOffset - 1 >= <u32>(out - history)) return 0;
    copyMatch(out, matchOffset, matchLength);
    out += matchLength;
    if (!--countLeft) break;
  }
  literalsLeft = literalAt;
  return bitsUsed - statesRead == total - 1 ? out : 0;
}

// Executes sequences as long as they are short and there is room; answers where the output ends, or 0 where bits are missing. All that
// it needs stays in registers, as there is no call and no other loop in it.
function shortSequences(last: usize, total: u32, literalEnd: usize, history: usize, out: usize, outLast: usize): usize {
  let used = bitsUsed, cellL = cellLiterals, cellO = cellOffsets, cellM = cellMatches, count = countLeft, literal = literalAt;
  let recents = v128.load(recent), lengthL: u32 = 0, lengthM: u32 = 0, offset: u32 = 0, states: u32 = 0;
  do {
    // Bits that were not there are noticed here, one sequence late; those of the next states of the last sequence are not read.
    if (used >= total) return 0;
    let bits = bitsBelow(last, used);
    let before = <u32>load<u8>(cellO, VALUE), extra = before;
    lengthM = <u32>load<u8>(cellM, VALUE);
    lengthL = <u32>load<u8>(cellL, VALUE);
    const value = <u32>((bits | 0x8000000000000000) >> <u64>(63 - before));
    if ((lengthM | lengthL) >= CODED) {
      // Up to 63 bits and a few more: each field is read for itself.
      if (lengthM >= CODED) {
        const symbol = lengthM - CODED, more = <u32>load<u8>(matchBits + symbol);
        if (used + extra >= total) return 0;
        lengthM = load<u32>(matchBases + (<usize>symbol << 2)) + highest(bitsBelow(last, used + extra) << 1, more);
        extra += more;
      }
      if (lengthL >= CODED) {
        const symbol = lengthL - CODED, more = <u32>load<u8>(literalBits + symbol);
        if (used + extra >= total) return 0;
        lengthL = load<u32>(literalBases + (<usize>symbol << 2)) + highest(bitsBelow(last, used + extra) << 1, more);
        extra += more;
      }
      if (used + extra >= total) return 0;
      bits = bitsBelow(last, used + extra);
      before = 0;
    }
    // Where the three fields lie is known from the cells alone, it does not wait for the bits.
    const nextO = <u32>load<u8>(cellO, BITS), nextOM = nextO + <u32>load<u8>(cellM, BITS);
    states = nextOM + <u32>load<u8>(cellL, BITS);
    used += extra + states;
    bits = (bits >> <u64>(63 - (before + states))) << 3;
    cellO = <usize>load<u32>(cellO, NEXT) + (<usize>bits & <usize>load<u16>(cellO, MASK));
    cellM = <usize>load<u32>(cellM, NEXT) + (<usize>(bits >> <u64>nextO) & <usize>load<u16>(cellM, MASK));
    cellL = <usize>load<u32>(cellL, NEXT) + (<usize>(bits >> <u64>nextOM) & <usize>load<u16>(cellL, MASK));
    const which = repeats + (<usize>((min<u32>(value, 4) << 1) | <u32>(lengthL != 0)) << 5);
    recents = i32x4.add(i8x16.swizzle(i32x4.replace_lane(recents, 3, value - 3), v128.load(which)), v128.load(which, 16));
    offset = <u32>i32x4.extract_lane(recents, 0);
    if (lengthL > LITERALS_SHORT || lengthM > MATCH_SHORT || lengthL > <u32>(literalEnd - literal) || out >= outLast) break;
    if (offset - 1 >= <u32>(out + lengthL - history)) break;
    v128.store(out, v128.load(literal));
    out += lengthL;
    literal += lengthL;
    copyShort(out, offset, lengthM);
    out += lengthM;
  } while (--count);
  v128.store(recent, recents);
  literalLength = lengthL;
  matchLength = lengthM;
  matchOffset = offset;
  countLeft = count;
  bitsUsed = used;
  statesRead = states;
  cellLiterals = cellL;
  cellOffsets = cellO;
  cellMatches = cellM;
  literalAt = literal;
  return out;
}
