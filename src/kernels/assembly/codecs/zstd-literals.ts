// Literals of Zstandard in Huffman codes (RFC 8878, 4.2.2): one stream, or four that are decoded side by side.
import { hasPairs, pairs, singles, treeLog } from './zstd-huffman';
import { streamBits, topBits } from './zstd-bits';

// Decodes the rest of one stream: `position` bits to exactly [out, outEnd).
function decodeRest(from: usize, position: i32, out: usize, outEnd: usize): bool {
  while (out < outEnd) {
    if (position < 0) return false;
    const single = <u32>load<u16>(singles + (<usize>(topBits(from, position) >> 53) << 1));
    store<u8>(out++, single);
    position -= single >> 8;
  }
  return position == 0;
}

export function decodeOne(from: usize, end: usize, out: usize, outEnd: usize): bool {
  const position = streamBits(from, end);
  return position >= 0 && decodeRest(from, position, out, outEnd);
}

// Shorter streams are not worth a table of pairs, nor to be decoded side by side.
const PAIRS_BYTES_MIN: usize = 2048, SIDE_BY_SIDE_BYTES_MIN: usize = 64;

// Four streams, of each: u64 bits as `refill` gives them; u32 where the stream begins, where those bits are from, where the next symbol
// is written, and where they end.
const streams: usize = memory.data(4 * 32, 16);
const BEGIN: usize = 8, AT: usize = 12, OUT: usize = 16, OUT_END: usize = 20;

// Bits of a stream: the eight bytes at `at`, shifted by what is used up of them; a 1 below them tells by how much.
// @ts-ignore: decorator
@inline
function refill(at: usize, used: u64): u64 {
  return (load<u64>(at) | 1) << (used & 7);
}

export function decodeFour(from: usize, end: usize, out: usize, outEnd: usize): bool {
  if (end - from < 10) return false;
  const a = from + 6, b = a + load<u16>(from), c = b + load<u16>(from, 2), d = c + load<u16>(from, 4);
  const quarter = (outEnd - out + 3) >> 2;
  const outB = out + quarter, outC = outB + quarter, outD = outC + quarter;
  if (d >= end || outD > outEnd) return false;
  const open = openStream(0, a, b, out, outB) | openStream(1, b, c, outB, outC) | openStream(2, c, d, outC, outD) | openStream(3, d, end, outD, outEnd);
  if (open < 0) return false;
  if (quarter >= PAIRS_BYTES_MIN && hasPairs()) {
    for (let n = rounds(10); n > 0; n = rounds(10)) decodePairs(n);
  } else if (quarter >= SIDE_BY_SIDE_BYTES_MIN) {
    // Codes that fit 56 bits for sure.
    const codes = 56 / treeLog;
    for (let n = rounds(codes); n > 0; n = rounds(codes)) decodeSingles(n, codes);
  }
  return closeStream(0) && closeStream(1) && closeStream(2) && closeStream(3);
}

// Puts a stream where it is decoded side by side with others; answers how many bits it has, -1 where it has no end.
function openStream(index: usize, begin: usize, end: usize, out: usize, outEnd: usize): i32 {
  const left = streamBits(begin, end), stream = streams + (index << 5);
  const used = <u64>((<u32>(end - begin) << 3) - left), at = end - 8 - <usize>(used >> 3);
  store<u64>(stream, refill(at, used));
  store<u32>(stream, <u32>begin, BEGIN);
  store<u32>(stream, <u32>at, AT);
  store<u32>(stream, <u32>out, OUT);
  store<u32>(stream, <u32>outEnd, OUT_END);
  return left;
}

// Rounds that none of the streams can overstep: each uses up at most 7 bytes, and writes `bytes` at most.
function rounds(bytes: u32): i32 {
  let least: i32 = i32.MAX_VALUE;
  for (let stream = streams; stream < streams + 128; stream += 32) {
    least = min(least, (<i32>load<u32>(stream, AT) - <i32>load<u32>(stream, BEGIN)) / 7);
    least = min(least, (<i32>load<u32>(stream, OUT_END) - <i32>load<u32>(stream, OUT)) / <i32>bytes);
  }
  return least;
}

// Decodes what is left of a stream.
function closeStream(index: usize): bool {
  const stream = streams + (index << 5), begin = <usize>load<u32>(stream, BEGIN);
  const left = <i32>((<usize>load<u32>(stream, AT) + 8 - begin) << 3) - <i32>ctz<u64>(load<u64>(stream));
  return decodeRest(begin, left, <usize>load<u32>(stream, OUT), <usize>load<u32>(stream, OUT_END));
}

// @ts-ignore: decorator
@inline
function pairOf(bits: u64): u32 {
  return load<u32>(pairs + (<usize>(bits >> 51) & 0x1ffc));
}

// Rounds of five look-ups in each stream, of one or two symbols.
function decodePairs(n: i32): void {
  let bits1 = load<u64>(streams), bits2 = load<u64>(streams, 32), bits3 = load<u64>(streams, 64), bits4 = load<u64>(streams, 96);
  let p1 = <usize>load<u32>(streams, AT), p2 = <usize>load<u32>(streams, 32 + AT);
  let p3 = <usize>load<u32>(streams, 64 + AT), p4 = <usize>load<u32>(streams, 96 + AT);
  let o1 = <usize>load<u32>(streams, OUT), o2 = <usize>load<u32>(streams, 32 + OUT);
  let o3 = <usize>load<u32>(streams, 64 + OUT), o4 = <usize>load<u32>(streams, 96 + OUT);
  do {
    for (let i: usize = 0; i < 5; i++) {
      const e1 = pairOf(bits1), e2 = pairOf(bits2), e3 = pairOf(bits3), e4 = pairOf(bits4);
      store<u16>(o1, e1);
      store<u16>(o2, e2);
      store<u16>(o3, e3);
      store<u16>(o4, e4);
      bits1 <<= <u64>(e1 >> 16);
      bits2 <<= <u64>(e2 >> 16);
      bits3 <<= <u64>(e3 >> 16);
      bits4 <<= <u64>(e4 >> 16);
      o1 += e1 >> 24;
      o2 += e2 >> 24;
      o3 += e3 >> 24;
      o4 += e4 >> 24;
    }
    const used1 = ctz<u64>(bits1), used2 = ctz<u64>(bits2), used3 = ctz<u64>(bits3), used4 = ctz<u64>(bits4);
    p1 -= <usize>(used1 >> 3);
    p2 -= <usize>(used2 >> 3);
    p3 -= <usize>(used3 >> 3);
    p4 -= <usize>(used4 >> 3);
    bits1 = refill(p1, used1);
    bits2 = refill(p2, used2);
    bits3 = refill(p3, used3);
    bits4 = refill(p4, used4);
  } while (--n);
  keep(0, bits1, p1, o1);
  keep(32, bits2, p2, o2);
  keep(64, bits3, p3, o3);
  keep(96, bits4, p4, o4);
}

// @ts-ignore: decorator
@inline
function singleOf(bits: u64): u32 {
  return <u32>load<u16>(singles + (<usize>(bits >> 52) & 0xffe));
}

// Rounds of so many symbols in each stream.
function decodeSingles(n: i32, codes: usize): void {
  let bits1 = load<u64>(streams), bits2 = load<u64>(streams, 32), bits3 = load<u64>(streams, 64), bits4 = load<u64>(streams, 96);
  let p1 = <usize>load<u32>(streams, AT), p2 = <usize>load<u32>(streams, 32 + AT);
  let p3 = <usize>load<u32>(streams, 64 + AT), p4 = <usize>load<u32>(streams, 96 + AT);
  let o1 = <usize>load<u32>(streams, OUT), o2 = <usize>load<u32>(streams, 32 + OUT);
  let o3 = <usize>load<u32>(streams, 64 + OUT), o4 = <usize>load<u32>(streams, 96 + OUT);
  do {
    for (let i: usize = 0; i < codes; i++) {
      const e1 = singleOf(bits1), e2 = singleOf(bits2), e3 = singleOf(bits3), e4 = singleOf(bits4);
      store<u8>(o1 + i, e1);
      store<u8>(o2 + i, e2);
      store<u8>(o3 + i, e3);
      store<u8>(o4 + i, e4);
      bits1 <<= <u64>(e1 >> 8);
      bits2 <<= <u64>(e2 >> 8);
      bits3 <<= <u64>(e3 >> 8);
      bits4 <<= <u64>(e4 >> 8);
    }
    o1 += codes;
    o2 += codes;
    o3 += codes;
    o4 += codes;
    const used1 = ctz<u64>(bits1), used2 = ctz<u64>(bits2), used3 = ctz<u64>(bits3), used4 = ctz<u64>(bits4);
    p1 -= <usize>(used1 >> 3);
    p2 -= <usize>(used2 >> 3);
    p3 -= <usize>(used3 >> 3);
    p4 -= <usize>(used4 >> 3);
    bits1 = refill(p1, used1);
    bits2 = refill(p2, used2);
    bits3 = refill(p3, used3);
    bits4 = refill(p4, used4);
  } while (--n);
  keep(0, bits1, p1, o1);
  keep(32, bits2, p2, o2);
  keep(64, bits3, p3, o3);
  keep(96, bits4, p4, o4);
}

// @ts-ignore: decorator
@inline
function keep(stream: usize, bits: u64, at: usize, out: usize): void {
  store<u64>(streams + stream, bits);
  store<u32>(streams + stream, <u32>at, AT);
  store<u32>(streams + stream, <u32>out, OUT);
}
