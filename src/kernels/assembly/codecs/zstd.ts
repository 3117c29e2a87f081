// Frames of Zstandard (RFC 8878), whole, into one piece of memory: so there is no window. Dictionaries are not known, checksums not
// compared.
import { forgetTree, hasTree, readTree, treeEnd } from './zstd-huffman';
import { decodeFour, decodeOne } from './zstd-literals';
import { literalsLeft, sequences, startFrame } from './zstd-sequences';

const MAGIC: u32 = 0xfd2fb528, SKIPPABLE: u32 = 0x184d2a50;
const BLOCK_MAX: u32 = 128 * 1024;
const RAW: u32 = 0, REPEATED: u32 = 1, COMPRESSED: u32 = 2;

const literalsBuffer: usize = memory.data(128 * 1024 + 64, 16);

// Answers the bytes written, or -1 where the frames are not valid or longer than fits.
export function zstdFrames(at: usize, end: usize, out: usize, outEnd: usize): i32 {
  const start = out;
  while (at < end) {
    if (end - at < 8) return -1;
    const magic = load<u32>(at);
    if ((magic & 0xfffffff0) == SKIPPABLE) {
      const size = <usize>load<u32>(at, 4);
      if (size > end - at - 8) return -1;
      at += size + 8;
    } else {
      if (magic != MAGIC) return -1;
      written = out;
      at = frame(at + 4, end, outEnd);
      if (!at) return -1;
      out = written;
    }
  }
  return <i32>(out - start);
}

// Where what was written ends.
let written: usize = 0;

// Decodes a frame behind its magic; answers the address behind it, or 0.
function frame(at: usize, end: usize, outEnd: usize): usize {
  const descriptor = <u32>load<u8>(at++), single = (descriptor >> 5) & 1, size = descriptor >> 6, dictionary = descriptor & 3;
  if (descriptor & 8) return 0;
  const idBytes: u32 = dictionary == 3 ? 4 : dictionary;
  const headBytes: u32 = (single ^ 1) + idBytes + (size ? <u32>1 << size : single);
  if (headBytes > <u32>(end - at)) return 0;
  const id = at + (single ^ 1);
  for (let i: u32 = 0; i < idBytes; i++) if (load<u8>(id + i)) return 0;
  at += headBytes;
  startFrame();
  forgetTree();
  const start = written;
  let last: u32 = 0;
  while (!last) {
    if (end - at < 3) return 0;
    const head = <u32>load<u16>(at) | (<u32>load<u8>(at, 2) << 16), kind = (head >> 1) & 3, bytes = head >> 3;
    last = head & 1;
    at += 3;
    if (kind == REPEATED) {
      if (at >= end || bytes > <u32>(outEnd - written)) return 0;
      memory.fill(written, load<u8>(at++), bytes);
      written += bytes;
      continue;
    }
    if (bytes > <u32>(end - at)) return 0;
    if (kind == RAW) {
      if (bytes > <u32>(outEnd - written)) return 0;
      memory.copy(written, at, bytes);
      written += bytes;
    } else if (kind != COMPRESSED || !block(at, at + bytes, start, outEnd)) return 0;
    at += bytes;
  }
  const checksumBytes: usize = descriptor & 4;
  return checksumBytes > end - at ? 0 : at + checksumBytes;
}

// The literals of a block.
let literal: usize = 0, literalEnd: usize = 0;

function block(at: usize, end: usize, start: usize, outEnd: usize): bool {
  if (at >= end) return false;
  at = (<u32>load<u8>(at) & 3) < 2 ? plainLiterals(at, end) : codedLiterals(at, end);
  if (!at) return false;
  const out = sequences(at, end, literal, literalEnd, start, written, outEnd);
  const rest = literalEnd - literalsLeft;
  if (!out || rest > outEnd - out) return false;
  memory.copy(out, literalsLeft, rest);
  written = out + rest;
  return true;
}

// Literals as they are, or one that is repeated; answers the address behind them, or 0.
function plainLiterals(at: usize, end: usize): usize {
  const head = load<u32>(at), repeated = (head & 3) == REPEATED, form = (head >> 2) & 3;
  const headBytes: u32 = form == 1 ? 2 : form == 3 ? 3 : 1;
  const size = headBytes == 1 ? (head >> 3) & 31 : headBytes == 2 ? (head >> 4) & 0xfff : (head >> 4) & 0xfffff;
  const bytes: u32 = headBytes + (repeated ? 1 : size);
  if (size > BLOCK_MAX || bytes > <u32>(end - at)) return 0;
  if (repeated) {
    memory.fill(literalsBuffer, load<u8>(at + headBytes), size);
    literal = literalsBuffer;
  } else literal = at + headBytes;
  literalEnd = literal + size;
  return at + bytes;
}

// Literals in Huffman codes, by a tree of their own or the one before.
function codedLiterals(at: usize, end: usize): usize {
  const head = load<u64>(at), own = (<u32>head & 3) == COMPRESSED, form = (<u32>head >> 2) & 3;
  const sizeBits: u64 = form < 2 ? 10 : form == 2 ? 14 : 18, headBytes: usize = form < 2 ? 3 : form == 2 ? 4 : 5;
  const mask = (<u32>1 << <u32>sizeBits) - 1, size = <u32>(head >> 4) & mask, bytes = <u32>(head >> (4 + sizeBits)) & mask;
  if (size > BLOCK_MAX || headBytes + bytes > end - at) return 0;
  const from = at + headBytes, stop = from + bytes;
  let streams = from;
  if (own) {
    if (!readTree(from, stop)) return 0;
    streams = treeEnd;
  } else if (!hasTree()) return 0;
  literal = literalsBuffer;
  literalEnd = literal + size;
  const fits = form == 0 ? decodeOne(streams, stop, literal, literalEnd) : decodeFour(streams, stop, literal, literalEnd);
  return fits ? stop : 0;
}
