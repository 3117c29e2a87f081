/** Plain twin: frames of Zstandard (RFC 8878), by the book. */
import { damage } from './reference-parquet-streams.ts';
import { type LiteralTree, readTree } from './reference-parquet-zstd-huffman.ts';
import { BackwardBits, type Cells, cellsOf, readCounts } from './reference-parquet-zstd-tables.ts';

const MAGIC = 0xfd2f_b528;
const SKIPPABLE = 0x184d_2a5;
const BLOCK_MAX = 128 * 1024;

/** Codes of lengths: from the n-th code on, values begin at a base and have extra bits. */
interface Code {
  readonly base: number;
  readonly extra: number;
}

function codes(first: number, plain: number, extras: readonly number[]): readonly Code[] {
  const all: Code[] = Array.from({ length: plain }, (_, i) => ({ base: first + i, extra: 0 }));
  let base = first + plain;
  for (const extra of extras) {
    all.push({ base, extra });
    base += 2 ** extra;
  }
  return all;
}

const literalCodes = codes(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const matchCodes = codes(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const offsetCodes = Array.from({ length: 32 }, (_, extra): Code => ({ base: 2 ** extra, extra }));

const literalCounts = [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1];
const matchCounts = [1, 4, 3, 2, 2, 2, 2, 2, 2, ...Array.from({ length: 37 }, () => 1), -1, -1, -1, -1, -1, -1, -1];
const offsetCounts = [1, 1, 1, 1, 1, 1, 2, 2, 2, ...Array.from({ length: 15 }, () => 1), -1, -1, -1, -1, -1];

/** What a block leaves to the next. */
interface Frame {
  tree: LiteralTree | null;
  literals: Cells | null;
  offsets: Cells | null;
  matches: Cells | null;
  recent: [number, number, number];
}

/** Writes frames to `[into, intoEnd)`; answers the bytes. */
export function zstd(bytes: Uint8Array, from: number, end: number, into: number, intoEnd: number): number {
  const view = new DataView(bytes.buffer);
  const need = (at: number, count: number): void => {
    if (count > end - at) damage();
  };
  let out = into;
  let at = from;
  while (at < end) {
    need(at, 8);
    const magic = view.getUint32(at, true);
    if (magic >>> 4 === SKIPPABLE) {
      const size = view.getUint32(at + 4, true);
      need(at + 8, size);
      at += 8 + size;
      continue;
    }
    if (magic !== MAGIC) damage();
    const descriptor = bytes[at + 4]!;
    if (descriptor & 8) damage();
    const single = (descriptor >> 5) & 1;
    const idBytes = [0, 1, 2, 4][descriptor & 3]!;
    const sizeBytes = descriptor >> 6 === 0 ? single : 1 << (descriptor >> 6);
    const id = at + 5 + 1 - single;
    need(id, idBytes + sizeBytes);
    if (bytes.subarray(id, id + idBytes).some((byte) => byte !== 0)) damage();
    at = id + idBytes + sizeBytes;
    const frame: Frame = { tree: null, literals: null, offsets: null, matches: null, recent: [1, 4, 8] };
    const start = out;
    for (let last = false; !last; ) {
      need(at, 3);
      const head = view.getUint16(at, true) + 65_536 * bytes[at + 2]!;
      const size = head >> 3;
      last = (head & 1) === 1;
      at += 3;
      const kind = (head >> 1) & 3;
      const stored = kind === 1 ? 1 : size;
      need(at, stored);
      if (kind === 3) damage();
      if (kind === 2) out = block(bytes, at, at + size, start, out, intoEnd, frame);
      else {
        if (size > intoEnd - out) damage();
        if (kind === 1) bytes.fill(bytes[at]!, out, out + size);
        else bytes.copyWithin(out, at, at + size);
        out += size;
      }
      at += stored;
    }
    if (descriptor & 4) {
      need(at, 4);
      at += 4;
    }
  }
  return out - into;
}

/** Writes a compressed block; answers the address behind it. */
function block(bytes: Uint8Array, from: number, end: number, start: number, out: number, outEnd: number, frame: Frame): number {
  const { literals, at } = readLiterals(bytes, from, end, frame);
  let used = 0;
  let o = out;
  const copy = (count: number): void => {
    if (count > literals.length - used || count > outEnd - o) damage();
    bytes.set(literals.subarray(used, used + count), o);
    used += count;
    o += count;
  };
  for (const { literal, match, offset } of sequences(bytes, at, end, frame)) {
    copy(literal);
    if (offset < 1 || offset > o - start || match > outEnd - o) damage();
    for (let i = 0; i < match; i++) bytes[o] = bytes[o++ - offset]!;
  }
  copy(literals.length - used);
  return o;
}

function readLiterals(bytes: Uint8Array, from: number, end: number, frame: Frame): { literals: Uint8Array; at: number } {
  if (from >= end) damage();
  const first = bytes[from]!;
  const kind = first & 3;
  const form = (first >> 2) & 3;
  const [headBytes, sizeBits] =
    kind < 2
      ? ([
          [1, 5],
          [2, 12],
          [1, 5],
          [3, 20],
        ][form] as [number, number])
      : ([
          [3, 10],
          [3, 10],
          [4, 14],
          [5, 18],
        ][form] as [number, number]);
  if (headBytes > end - from) damage();
  let head = 0n;
  for (let i = headBytes - 1; i >= 0; i--) head = 256n * head + BigInt(bytes[from + i]!);
  head >>= kind < 2 && headBytes === 1 ? 3n : 4n;
  const size = Number(BigInt.asUintN(sizeBits, head));
  const at = from + headBytes;
  if (size > BLOCK_MAX) damage();
  if (kind < 2) {
    const stored = kind === 1 ? 1 : size;
    if (stored > end - at) damage();
    const literals = kind === 1 ? new Uint8Array(size).fill(bytes[at]!) : bytes.slice(at, at + size);
    return { literals, at: at + stored };
  }
  const stop = at + Number(head >> BigInt(sizeBits));
  if (stop > end) damage();
  let streams = at;
  if (kind === 2) ({ tree: frame.tree, at: streams } = readTree(bytes, at, stop));
  if (frame.tree === null) damage();
  const literals = form === 0 ? frame.tree!.one(bytes, streams, stop, size) : frame.tree!.four(bytes, streams, stop, size);
  return { literals, at: stop };
}

interface Sequence {
  readonly literal: number;
  readonly match: number;
  readonly offset: number;
}

function* sequences(bytes: Uint8Array, from: number, end: number, frame: Frame): Generator<Sequence> {
  let at = from;
  const next = (): number => {
    if (at >= end) damage();
    return bytes[at++]!;
  };
  let count = next();
  if (count === 0 && at !== end) damage();
  if (count === 0) return;
  if (count === 255) count = next() + 256 * next() + 0x7f00;
  else if (count > 127) count = 256 * (count - 128) + next();
  const modes = next();
  if (modes & 3) damage();
  const table = (
    mode: number,
    before: Cells | null,
    counts: readonly number[],
    log: number,
    symbol_max: number,
    log_max: number,
  ): Cells => {
    if (mode === 0) return cellsOf(counts, log);
    if (mode === 1) {
      const symbol = next();
      return symbol > symbol_max ? damage() : { log: 0, cells: [{ symbol, bits: 0, next: 0 }] };
    }
    if (mode === 3) return before ?? damage();
    const read = readCounts(bytes, at, end, symbol_max, log_max);
    at = read.at;
    return cellsOf(read.counts, read.log);
  };
  frame.literals = table(modes >> 6, frame.literals, literalCounts, 6, 35, 9);
  frame.offsets = table((modes >> 4) & 3, frame.offsets, offsetCounts, 5, 31, 8);
  frame.matches = table((modes >> 2) & 3, frame.matches, matchCounts, 6, 52, 9);
  const bits = new BackwardBits(bytes, at, end);
  let [l, o, m] = [frame.literals, frame.offsets, frame.matches].map(({ log }) => bits.take(log)) as [number, number, number];
  while (count-- > 0) {
    const [literalCell, offsetCell, matchCell] = [frame.literals.cells[l]!, frame.offsets.cells[o]!, frame.matches.cells[m]!];
    const value = ({ base, extra }: Code): number => base + bits.take(extra);
    const distance = value(offsetCodes[offsetCell.symbol]!);
    const match = value(matchCodes[matchCell.symbol]!);
    const literal = value(literalCodes[literalCell.symbol]!);
    if (count > 0) {
      l = literalCell.next + bits.take(literalCell.bits);
      m = matchCell.next + bits.take(matchCell.bits);
      o = offsetCell.next + bits.take(offsetCell.bits);
    }
    yield { literal, match, offset: recentOffset(frame.recent, distance, literal) };
  }
  if (bits.left !== 0) damage();
}

/** Resolves 1 to 3, which stand for recent offsets, and remembers. */
function recentOffset(recent: [number, number, number], value: number, literal: number): number {
  const [first, second, third] = recent;
  const which = value + (literal === 0 ? 1 : 0);
  if (value > 3) recent.splice(0, 3, value - 3, first, second);
  else if (which === 2) recent.splice(0, 3, second, first, third);
  else if (which === 3) recent.splice(0, 3, third, first, second);
  else if (which === 4) recent.splice(0, 3, first - 1, first, second);
  return recent[0];
}
