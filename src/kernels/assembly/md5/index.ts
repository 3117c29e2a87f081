// MD5 (RFC 1321) of eight messages at a time, one in each lane of two vectors, and of one. A step waits for the one before it, so that one
// message leaves most of the processor idle, and one vector half of it.

// The constants of the steps.
const constants = memory.data<u32>([
  0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
  0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
  0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
  0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
  0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
  0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
  0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
  0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
]);

// The words of the present block: of four messages, then of the others; and room for what no one reads.
const words = memory.data(512 + 16, 16);

// Ends a step. The result is stored so that the two vectors take turns, which V8 would do one after the other.
// @ts-ignore: decorator
@inline
function ended(b: v128, sum: v128, bits: i32): v128 {
  const result = i32x4.add(b, v128.or(i32x4.shl(sum, bits), i32x4.shr_u(sum, 32 - bits)));
  v128.store(words, result, 512);
  return result;
}

// What a step adds that is known before. `word_at`: of the step's word.
// @ts-ignore: decorator
@inline
function known(a: v128, n: usize, word_at: usize): v128 {
  return i32x4.add(a, i32x4.add(v128.load(words + word_at), v128.load32_splat(constants + 4 * n)));
}

// @ts-ignore: decorator
@inline
function step1(a: v128, b: v128, c: v128, d: v128, n: usize, word_at: usize, bits: i32): v128 {
  return ended(b, i32x4.add(known(a, n, word_at), v128.xor(d, v128.and(b, v128.xor(c, d)))), bits);
}

// What does not need `b`, which comes last, is added before.
// @ts-ignore: decorator
@inline
function step2(a: v128, b: v128, c: v128, d: v128, n: usize, word_at: usize, bits: i32): v128 {
  return ended(b, i32x4.add(i32x4.add(known(a, n, word_at), v128.andnot(c, d)), v128.and(b, d)), bits);
}

// @ts-ignore: decorator
@inline
function step3(a: v128, b: v128, c: v128, d: v128, n: usize, word_at: usize, bits: i32): v128 {
  return ended(b, i32x4.add(known(a, n, word_at), v128.xor(v128.xor(c, d), b)), bits);
}

// @ts-ignore: decorator
@inline
function step4(a: v128, b: v128, c: v128, d: v128, n: usize, word_at: usize, bits: i32): v128 {
  return ended(b, i32x4.add(known(a, n, word_at), v128.xor(c, v128.or(b, v128.not(d)))), bits);
}

// Puts a quarter of a block of four messages at `to`, word by word.
// @ts-ignore: decorator
@inline
function transpose(first: usize, second: usize, third: usize, fourth: usize, to: usize): void {
  const r0 = v128.load(first);
  const r1 = v128.load(second);
  const r2 = v128.load(third);
  const r3 = v128.load(fourth);
  const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const t1 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const t2 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(t0, t2, 0, 2));
  v128.store(to, v128.shuffle<i64>(t0, t2, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(t1, t3, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(t1, t3, 1, 3), 48);
}

// Puts a block of four messages at `to`, which are `stride` bytes apart.
// @ts-ignore: decorator
@inline
function transposeFour(first: usize, stride: usize, to: usize): void {
  const second = first + stride;
  const third = second + stride;
  const fourth = third + stride;
  transpose(first, second, third, fourth, to);
  transpose(first + 16, second + 16, third + 16, fourth + 16, to + 64);
  transpose(first + 32, second + 32, third + 32, fourth + 32, to + 128);
  transpose(first + 48, second + 48, third + 48, fourth + 48, to + 192);
}

// Takes `blocks` of 64 bytes into eight states: the first words of all at `states`, then the second, and so on. The messages are
// `stride` bytes apart.
export function md5Eight(states: usize, messages: usize, stride: usize, blocks: i32): void {
  let a0 = v128.load(states, 0);
  let a1 = v128.load(states, 16);
  let b0 = v128.load(states, 32);
  let b1 = v128.load(states, 48);
  let c0 = v128.load(states, 64);
  let c1 = v128.load(states, 80);
  let d0 = v128.load(states, 96);
  let d1 = v128.load(states, 112);
  for (; blocks > 0; blocks--) {
    transposeFour(messages, stride, words);
    transposeFour(messages + 4 * stride, stride, words + 256);
    const a0Before = a0;
    const a1Before = a1;
    const b0Before = b0;
    const b1Before = b1;
    const c0Before = c0;
    const c1Before = c1;
    const d0Before = d0;
    const d1Before = d1;
    a0 = step1(a0, b0, c0, d0, 0, 0, 7);
    a1 = step1(a1, b1, c1, d1, 0, 256, 7);
    d0 = step1(d0, a0, b0, c0, 1, 16, 12);
    d1 = step1(d1, a1, b1, c1, 1, 272, 12);
    c0 = step1(c0, d0, a0, b0, 2, 32, 17);
    c1 = step1(c1, d1, a1, b1, 2, 288, 17);
    b0 = step1(b0, c0, d0, a0, 3, 48, 22);
    b1 = step1(b1, c1, d1, a1, 3, 304, 22);
    a0 = step1(a0, b0, c0, d0, 4, 64, 7);
    a1 = step1(a1, b1, c1, d1, 4, 320, 7);
    d0 = step1(d0, a0, b0, c0, 5, 80, 12);
    d1 = step1(d1, a1, b1, c1, 5, 336, 12);
    c0 = step1(c0, d0, a0, b0, 6, 96, 17);
    c1 = step1(c1, d1, a1, b1, 6, 352, 17);
    b0 = step1(b0, c0, d0, a0, 7, 112, 22);
    b1 = step1(b1, c1, d1, a1, 7, 368, 22);
    a0 = step1(a0, b0, c0, d0, 8, 128, 7);
    a1 = step1(a1, b1, c1, d1, 8, 384, 7);
    d0 = step1(d0, a0, b0, c0, 9, 144, 12);
    d1 = step1(d1, a1, b1, c1, 9, 400, 12);
    c0 = step1(c0, d0, a0, b0, 10, 160, 17);
    c1 = step1(c1, d1, a1, b1, 10, 416, 17);
    b0 = step1(b0, c0, d0, a0, 11, 176, 22);
    b1 = step1(b1, c1, d1, a1, 11, 432, 22);
    a0 = step1(a0, b0, c0, d0, 12, 192, 7);
    a1 = step1(a1, b1, c1, d1, 12, 448, 7);
    d0 = step1(d0, a0, b0, c0, 13, 208, 12);
    d1 = step1(d1, a1, b1, c1, 13, 464, 12);
    c0 = step1(c0, d0, a0, b0, 14, 224, 17);
    c1 = step1(c1, d1, a1, b1, 14, 480, 17);
    b0 = step1(b0, c0, d0, a0, 15, 240, 22);
    b1 = step1(b1, c1, d1, a1, 15, 496, 22);
    a0 = step2(a0, b0, c0, d0, 16, 16, 5);
    a1 = step2(a1, b1, c1, d1, 16, 272, 5);
    d0 = step2(d0, a0, b0, c0, 17, 96, 9);
    d1 = step2(d1, a1, b1, c1, 17, 352, 9);
    c0 = step2(c0, d0, a0, b0, 18, 176, 14);
    c1 = step2(c1, d1, a1, b1, 18, 432, 14);
    b0 = step2(b0, c0, d0, a0, 19, 0, 20);
    b1 = step2(b1, c1, d1, a1, 19, 256, 20);
    a0 = step2(a0, b0, c0, d0, 20, 80, 5);
    a1 = step2(a1, b1, c1, d1, 20, 336, 5);
    d0 = step2(d0, a0, b0, c0, 21, 160, 9);
    d1 = step2(d1, a1, b1, c1, 21, 416, 9);
    c0 = step2(c0, d0, a0, b0, 22, 240, 14);
    c1 = step2(c1, d1, a1, b1, 22, 496, 14);
    b0 = step2(b0, c0, d0, a0, 23, 64, 20);
    b1 = step2(b1, c1, d1, a1, 23, 320, 20);
    a0 = step2(a0, b0, c0, d0, 24, 144, 5);
    a1 = step2(a1, b1, c1, d1, 24, 400, 5);
    d0 = step2(d0, a0, b0, c0, 25, 224, 9);
    d1 = step2(d1, a1, b1, c1, 25, 480, 9);
    c0 = step2(c0, d0, a0, b0, 26, 48, 14);
    c1 = step2(c1, d1, a1, b1, 26, 304, 14);
    b0 = step2(b0, c0, d0, a0, 27, 128, 20);
    b1 = step2(b1, c1, d1, a1, 27, 384, 20);
    a0 = step2(a0, b0, c0, d0, 28, 208, 5);
    a1 = step2(a1, b1, c1, d1, 28, 464, 5);
    d0 = step2(d0, a0, b0, c0, 29, 32, 9);
    d1 = step2(d1, a1, b1, c1, 29, 288, 9);
    c0 = step2(c0, d0, a0, b0, 30, 112, 14);
    c1 = step2(c1, d1, a1, b1, 30, 368, 14);
    b0 = step2(b0, c0, d0, a0, 31, 192, 20);
    b1 = step2(b1, c1, d1, a1, 31, 448, 20);
    a0 = step3(a0, b0, c0, d0, 32, 80, 4);
    a1 = step3(a1, b1, c1, d1, 32, 336, 4);
    d0 = step3(d0, a0, b0, c0, 33, 128, 11);
    d1 = step3(d1, a1, b1, c1, 33, 384, 11);
    c0 = step3(c0, d0, a0, b0, 34, 176, 16);
    c1 = step3(c1, d1, a1, b1, 34, 432, 16);
    b0 = step3(b0, c0, d0, a0, 35, 224, 23);
    b1 = step3(b1, c1, d1, a1, 35, 480, 23);
    a0 = step3(a0, b0, c0, d0, 36, 16, 4);
    a1 = step3(a1, b1, c1, d1, 36, 272, 4);
    d0 = step3(d0, a0, b0, c0, 37, 64, 11);
    d1 = step3(d1, a1, b1, c1, 37, 320, 11);
    c0 = step3(c0, d0, a0, b0, 38, 112, 16);
    c1 = step3(c1, d1, a1, b1, 38, 368, 16);
    b0 = step3(b0, c0, d0, a0, 39, 160, 23);
    b1 = step3(b1, c1, d1, a1, 39, 416, 23);
    a0 = step3(a0, b0, c0, d0, 40, 208, 4);
    a1 = step3(a1, b1, c1, d1, 40, 464, 4);
    d0 = step3(d0, a0, b0, c0, 41, 0, 11);
    d1 = step3(d1, a1, b1, c1, 41, 256, 11);
    c0 = step3(c0, d0, a0, b0, 42, 48, 16);
    c1 = step3(c1, d1, a1, b1, 42, 304, 16);
    b0 = step3(b0, c0, d0, a0, 43, 96, 23);
    b1 = step3(b1, c1, d1, a1, 43, 352, 23);
    a0 = step3(a0, b0, c0, d0, 44, 144, 4);
    a1 = step3(a1, b1, c1, d1, 44, 400, 4);
    d0 = step3(d0, a0, b0, c0, 45, 192, 11);
    d1 = step3(d1, a1, b1, c1, 45, 448, 11);
    c0 = step3(c0, d0, a0, b0, 46, 240, 16);
    c1 = step3(c1, d1, a1, b1, 46, 496, 16);
    b0 = step3(b0, c0, d0, a0, 47, 32, 23);
    b1 = step3(b1, c1, d1, a1, 47, 288, 23);
    a0 = step4(a0, b0, c0, d0, 48, 0, 6);
    a1 = step4(a1, b1, c1, d1, 48, 256, 6);
    d0 = step4(d0, a0, b0, c0, 49, 112, 10);
    d1 = step4(d1, a1, b1, c1, 49, 368, 10);
    c0 = step4(c0, d0, a0, b0, 50, 224, 15);
    c1 = step4(c1, d1, a1, b1, 50, 480, 15);
    b0 = step4(b0, c0, d0, a0, 51, 80, 21);
    b1 = step4(b1, c1, d1, a1, 51, 336, 21);
    a0 = step4(a0, b0, c0, d0, 52, 192, 6);
    a1 = step4(a1, b1, c1, d1, 52, 448, 6);
    d0 = step4(d0, a0, b0, c0, 53, 48, 10);
    d1 = step4(d1, a1, b1, c1, 53, 304, 10);
    c0 = step4(c0, d0, a0, b0, 54, 160, 15);
    c1 = step4(c1, d1, a1, b1, 54, 416, 15);
    b0 = step4(b0, c0, d0, a0, 55, 16, 21);
    b1 = step4(b1, c1, d1, a1, 55, 272, 21);
    a0 = step4(a0, b0, c0, d0, 56, 128, 6);
    a1 = step4(a1, b1, c1, d1, 56, 384, 6);
    d0 = step4(d0, a0, b0, c0, 57, 240, 10);
    d1 = step4(d1, a1, b1, c1, 57, 496, 10);
    c0 = step4(c0, d0, a0, b0, 58, 96, 15);
    c1 = step4(c1, d1, a1, b1, 58, 352, 15);
    b0 = step4(b0, c0, d0, a0, 59, 208, 21);
    b1 = step4(b1, c1, d1, a1, 59, 464, 21);
    a0 = step4(a0, b0, c0, d0, 60, 64, 6);
    a1 = step4(a1, b1, c1, d1, 60, 320, 6);
    d0 = step4(d0, a0, b0, c0, 61, 176, 10);
    d1 = step4(d1, a1, b1, c1, 61, 432, 10);
    c0 = step4(c0, d0, a0, b0, 62, 32, 15);
    c1 = step4(c1, d1, a1, b1, 62, 288, 15);
    b0 = step4(b0, c0, d0, a0, 63, 144, 21);
    b1 = step4(b1, c1, d1, a1, 63, 400, 21);
    a0 = i32x4.add(a0, a0Before);
    a1 = i32x4.add(a1, a1Before);
    b0 = i32x4.add(b0, b0Before);
    b1 = i32x4.add(b1, b1Before);
    c0 = i32x4.add(c0, c0Before);
    c1 = i32x4.add(c1, c1Before);
    d0 = i32x4.add(d0, d0Before);
    d1 = i32x4.add(d1, d1Before);
    messages += 64;
  }
  v128.store(states, a0, 0);
  v128.store(states, a1, 16);
  v128.store(states, b0, 32);
  v128.store(states, b1, 48);
  v128.store(states, c0, 64);
  v128.store(states, c1, 80);
  v128.store(states, d0, 96);
  v128.store(states, d1, 112);
}

// @ts-ignore: decorator
@inline
function lone(mixed: u32, a: u32, b: u32, word: u32, n: u32, bits: u32): u32 {
  return b + rotl<u32>(a + word + n + mixed, bits);
}

// Takes `blocks` of 64 bytes into the first of eight states, which the others lie beside.
export function md5One(states: usize, message: usize, blocks: i32): void {
  let a0 = load<u32>(states);
  let b0 = load<u32>(states, 32);
  let c0 = load<u32>(states, 64);
  let d0 = load<u32>(states, 96);
  for (; blocks > 0; blocks--) {
    let a = a0;
    let b = b0;
    let c = c0;
    let d = d0;
    a = lone(d ^ (b & (c ^ d)), a, b, load<u32>(message, 0), 0xd76aa478, 7);
    d = lone(c ^ (a & (b ^ c)), d, a, load<u32>(message, 4), 0xe8c7b756, 12);
    c = lone(b ^ (d & (a ^ b)), c, d, load<u32>(message, 8), 0x242070db, 17);
    b = lone(a ^ (c & (d ^ a)), b, c, load<u32>(message, 12), 0xc1bdceee, 22);
    a = lone(d ^ (b & (c ^ d)), a, b, load<u32>(message, 16), 0xf57c0faf, 7);
    d = lone(c ^ (a & (b ^ c)), d, a, load<u32>(message, 20), 0x4787c62a, 12);
    c = lone(b ^ (d & (a ^ b)), c, d, load<u32>(message, 24), 0xa8304613, 17);
    b = lone(a ^ (c & (d ^ a)), b, c, load<u32>(message, 28), 0xfd469501, 22);
    a = lone(d ^ (b & (c ^ d)), a, b, load<u32>(message, 32), 0x698098d8, 7);
    d = lone(c ^ (a & (b ^ c)), d, a, load<u32>(message, 36), 0x8b44f7af, 12);
    c = lone(b ^ (d & (a ^ b)), c, d, load<u32>(message, 40), 0xffff5bb1, 17);
    b = lone(a ^ (c & (d ^ a)), b, c, load<u32>(message, 44), 0x895cd7be, 22);
    a = lone(d ^ (b & (c ^ d)), a, b, load<u32>(message, 48), 0x6b901122, 7);
    d = lone(c ^ (a & (b ^ c)), d, a, load<u32>(message, 52), 0xfd987193, 12);
    c = lone(b ^ (d & (a ^ b)), c, d, load<u32>(message, 56), 0xa679438e, 17);
    b = lone(a ^ (c & (d ^ a)), b, c, load<u32>(message, 60), 0x49b40821, 22);
    a = lone(b & d, a + (c & ~d), b, load<u32>(message, 4), 0xf61e2562, 5);
    d = lone(a & c, d + (b & ~c), a, load<u32>(message, 24), 0xc040b340, 9);
    c = lone(d & b, c + (a & ~b), d, load<u32>(message, 44), 0x265e5a51, 14);
    b = lone(c & a, b + (d & ~a), c, load<u32>(message, 0), 0xe9b6c7aa, 20);
    a = lone(b & d, a + (c & ~d), b, load<u32>(message, 20), 0xd62f105d, 5);
    d = lone(a & c, d + (b & ~c), a, load<u32>(message, 40), 0x02441453, 9);
    c = lone(d & b, c + (a & ~b), d, load<u32>(message, 60), 0xd8a1e681, 14);
    b = lone(c & a, b + (d & ~a), c, load<u32>(message, 16), 0xe7d3fbc8, 20);
    a = lone(b & d, a + (c & ~d), b, load<u32>(message, 36), 0x21e1cde6, 5);
    d = lone(a & c, d + (b & ~c), a, load<u32>(message, 56), 0xc33707d6, 9);
    c = lone(d & b, c + (a & ~b), d, load<u32>(message, 12), 0xf4d50d87, 14);
    b = lone(c & a, b + (d & ~a), c, load<u32>(message, 32), 0x455a14ed, 20);
    a = lone(b & d, a + (c & ~d), b, load<u32>(message, 52), 0xa9e3e905, 5);
    d = lone(a & c, d + (b & ~c), a, load<u32>(message, 8), 0xfcefa3f8, 9);
    c = lone(d & b, c + (a & ~b), d, load<u32>(message, 28), 0x676f02d9, 14);
    b = lone(c & a, b + (d & ~a), c, load<u32>(message, 48), 0x8d2a4c8a, 20);
    a = lone((d ^ c) ^ b, a, b, load<u32>(message, 20), 0xfffa3942, 4);
    d = lone((c ^ b) ^ a, d, a, load<u32>(message, 32), 0x8771f681, 11);
    c = lone((b ^ a) ^ d, c, d, load<u32>(message, 44), 0x6d9d6122, 16);
    b = lone((a ^ d) ^ c, b, c, load<u32>(message, 56), 0xfde5380c, 23);
    a = lone((d ^ c) ^ b, a, b, load<u32>(message, 4), 0xa4beea44, 4);
    d = lone((c ^ b) ^ a, d, a, load<u32>(message, 16), 0x4bdecfa9, 11);
    c = lone((b ^ a) ^ d, c, d, load<u32>(message, 28), 0xf6bb4b60, 16);
    b = lone((a ^ d) ^ c, b, c, load<u32>(message, 40), 0xbebfbc70, 23);
    a = lone((d ^ c) ^ b, a, b, load<u32>(message, 52), 0x289b7ec6, 4);
    d = lone((c ^ b) ^ a, d, a, load<u32>(message, 0), 0xeaa127fa, 11);
    c = lone((b ^ a) ^ d, c, d, load<u32>(message, 12), 0xd4ef3085, 16);
    b = lone((a ^ d) ^ c, b, c, load<u32>(message, 24), 0x04881d05, 23);
    a = lone((d ^ c) ^ b, a, b, load<u32>(message, 36), 0xd9d4d039, 4);
    d = lone((c ^ b) ^ a, d, a, load<u32>(message, 48), 0xe6db99e5, 11);
    c = lone((b ^ a) ^ d, c, d, load<u32>(message, 60), 0x1fa27cf8, 16);
    b = lone((a ^ d) ^ c, b, c, load<u32>(message, 8), 0xc4ac5665, 23);
    a = lone(c ^ (b | ~d), a, b, load<u32>(message, 0), 0xf4292244, 6);
    d = lone(b ^ (a | ~c), d, a, load<u32>(message, 28), 0x432aff97, 10);
    c = lone(a ^ (d | ~b), c, d, load<u32>(message, 56), 0xab9423a7, 15);
    b = lone(d ^ (c | ~a), b, c, load<u32>(message, 20), 0xfc93a039, 21);
    a = lone(c ^ (b | ~d), a, b, load<u32>(message, 48), 0x655b59c3, 6);
    d = lone(b ^ (a | ~c), d, a, load<u32>(message, 12), 0x8f0ccc92, 10);
    c = lone(a ^ (d | ~b), c, d, load<u32>(message, 40), 0xffeff47d, 15);
    b = lone(d ^ (c | ~a), b, c, load<u32>(message, 4), 0x85845dd1, 21);
    a = lone(c ^ (b | ~d), a, b, load<u32>(message, 32), 0x6fa87e4f, 6);
    d = lone(b ^ (a | ~c), d, a, load<u32>(message, 60), 0xfe2ce6e0, 10);
    c = lone(a ^ (d | ~b), c, d, load<u32>(message, 24), 0xa3014314, 15);
    b = lone(d ^ (c | ~a), b, c, load<u32>(message, 52), 0x4e0811a1, 21);
    a = lone(c ^ (b | ~d), a, b, load<u32>(message, 16), 0xf7537e82, 6);
    d = lone(b ^ (a | ~c), d, a, load<u32>(message, 44), 0xbd3af235, 10);
    c = lone(a ^ (d | ~b), c, d, load<u32>(message, 8), 0x2ad7d2bb, 15);
    b = lone(d ^ (c | ~a), b, c, load<u32>(message, 36), 0xeb86d391, 21);
    a0 += a;
    b0 += b;
    c0 += c;
    d0 += d;
    message += 64;
  }
  store<u32>(states, a0);
  store<u32>(states, b0, 32);
  store<u32>(states, c0, 64);
  store<u32>(states, d0, 96);
}
