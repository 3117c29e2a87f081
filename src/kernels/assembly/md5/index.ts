// MD5 (RFC 1321) of four messages at a time, one in each lane of a vector, and of one. A step waits for the one before it, so that one
// message leaves most of the processor idle.

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

// @ts-ignore: decorator
@inline
function rotated(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

// @ts-ignore: decorator
@inline
function step(mixed: v128, a: v128, b: v128, word: v128, n: i32, bits: i32): v128 {
  const sum = i32x4.add(i32x4.add(a, word), v128.load32_splat(constants + (n << 2)));
  return i32x4.add(b, rotated(i32x4.add(sum, mixed), bits));
}

// @ts-ignore: decorator
@inline
function step1(a: v128, b: v128, c: v128, d: v128, word: v128, n: i32, bits: i32): v128 {
  return step(v128.xor(d, v128.and(b, v128.xor(c, d))), a, b, word, n, bits);
}

// @ts-ignore: decorator
@inline
function step2(a: v128, b: v128, c: v128, d: v128, word: v128, n: i32, bits: i32): v128 {
  return step(v128.xor(c, v128.and(d, v128.xor(b, c))), a, b, word, n, bits);
}

// @ts-ignore: decorator
@inline
function step3(a: v128, b: v128, c: v128, d: v128, word: v128, n: i32, bits: i32): v128 {
  return step(v128.xor(v128.xor(c, d), b), a, b, word, n, bits);
}

// @ts-ignore: decorator
@inline
function step4(a: v128, b: v128, c: v128, d: v128, word: v128, n: i32, bits: i32): v128 {
  return step(v128.xor(c, v128.or(b, v128.not(d))), a, b, word, n, bits);
}

// Takes `blocks` of 64 bytes into four states: the first words of all four at `states`, then the second, and so on. The messages are
// `stride` bytes apart.
export function md5Four(states: usize, messages: usize, stride: usize, blocks: i32): void {
  let a0 = v128.load(states);
  let b0 = v128.load(states, 16);
  let c0 = v128.load(states, 32);
  let d0 = v128.load(states, 48);
  for (; blocks > 0; blocks--) {
    const second = messages + stride;
    const third = second + stride;
    const fourth = third + stride;
    let a = a0;
    let b = b0;
    let c = c0;
    let d = d0;
    const r0 = v128.load(messages, 0);
    const r1 = v128.load(second, 0);
    const r2 = v128.load(third, 0);
    const r3 = v128.load(fourth, 0);
    const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
    const t1 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
    const t2 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
    const t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
    const w0 = v128.shuffle<i64>(t0, t2, 0, 2);
    const w1 = v128.shuffle<i64>(t0, t2, 1, 3);
    const w2 = v128.shuffle<i64>(t1, t3, 0, 2);
    const w3 = v128.shuffle<i64>(t1, t3, 1, 3);
    const r4 = v128.load(messages, 16);
    const r5 = v128.load(second, 16);
    const r6 = v128.load(third, 16);
    const r7 = v128.load(fourth, 16);
    const t4 = v128.shuffle<i32>(r4, r5, 0, 4, 1, 5);
    const t5 = v128.shuffle<i32>(r4, r5, 2, 6, 3, 7);
    const t6 = v128.shuffle<i32>(r6, r7, 0, 4, 1, 5);
    const t7 = v128.shuffle<i32>(r6, r7, 2, 6, 3, 7);
    const w4 = v128.shuffle<i64>(t4, t6, 0, 2);
    const w5 = v128.shuffle<i64>(t4, t6, 1, 3);
    const w6 = v128.shuffle<i64>(t5, t7, 0, 2);
    const w7 = v128.shuffle<i64>(t5, t7, 1, 3);
    const r8 = v128.load(messages, 32);
    const r9 = v128.load(second, 32);
    const r10 = v128.load(third, 32);
    const r11 = v128.load(fourth, 32);
    const t8 = v128.shuffle<i32>(r8, r9, 0, 4, 1, 5);
    const t9 = v128.shuffle<i32>(r8, r9, 2, 6, 3, 7);
    const t10 = v128.shuffle<i32>(r10, r11, 0, 4, 1, 5);
    const t11 = v128.shuffle<i32>(r10, r11, 2, 6, 3, 7);
    const w8 = v128.shuffle<i64>(t8, t10, 0, 2);
    const w9 = v128.shuffle<i64>(t8, t10, 1, 3);
    const w10 = v128.shuffle<i64>(t9, t11, 0, 2);
    const w11 = v128.shuffle<i64>(t9, t11, 1, 3);
    const r12 = v128.load(messages, 48);
    const r13 = v128.load(second, 48);
    const r14 = v128.load(third, 48);
    const r15 = v128.load(fourth, 48);
    const t12 = v128.shuffle<i32>(r12, r13, 0, 4, 1, 5);
    const t13 = v128.shuffle<i32>(r12, r13, 2, 6, 3, 7);
    const t14 = v128.shuffle<i32>(r14, r15, 0, 4, 1, 5);
    const t15 = v128.shuffle<i32>(r14, r15, 2, 6, 3, 7);
    const w12 = v128.shuffle<i64>(t12, t14, 0, 2);
    const w13 = v128.shuffle<i64>(t12, t14, 1, 3);
    const w14 = v128.shuffle<i64>(t13, t15, 0, 2);
    const w15 = v128.shuffle<i64>(t13, t15, 1, 3);
    a = step1(a, b, c, d, w0, 0, 7);
    d = step1(d, a, b, c, w1, 1, 12);
    c = step1(c, d, a, b, w2, 2, 17);
    b = step1(b, c, d, a, w3, 3, 22);
    a = step1(a, b, c, d, w4, 4, 7);
    d = step1(d, a, b, c, w5, 5, 12);
    c = step1(c, d, a, b, w6, 6, 17);
    b = step1(b, c, d, a, w7, 7, 22);
    a = step1(a, b, c, d, w8, 8, 7);
    d = step1(d, a, b, c, w9, 9, 12);
    c = step1(c, d, a, b, w10, 10, 17);
    b = step1(b, c, d, a, w11, 11, 22);
    a = step1(a, b, c, d, w12, 12, 7);
    d = step1(d, a, b, c, w13, 13, 12);
    c = step1(c, d, a, b, w14, 14, 17);
    b = step1(b, c, d, a, w15, 15, 22);
    a = step2(a, b, c, d, w1, 16, 5);
    d = step2(d, a, b, c, w6, 17, 9);
    c = step2(c, d, a, b, w11, 18, 14);
    b = step2(b, c, d, a, w0, 19, 20);
    a = step2(a, b, c, d, w5, 20, 5);
    d = step2(d, a, b, c, w10, 21, 9);
    c = step2(c, d, a, b, w15, 22, 14);
    b = step2(b, c, d, a, w4, 23, 20);
    a = step2(a, b, c, d, w9, 24, 5);
    d = step2(d, a, b, c, w14, 25, 9);
    c = step2(c, d, a, b, w3, 26, 14);
    b = step2(b, c, d, a, w8, 27, 20);
    a = step2(a, b, c, d, w13, 28, 5);
    d = step2(d, a, b, c, w2, 29, 9);
    c = step2(c, d, a, b, w7, 30, 14);
    b = step2(b, c, d, a, w12, 31, 20);
    a = step3(a, b, c, d, w5, 32, 4);
    d = step3(d, a, b, c, w8, 33, 11);
    c = step3(c, d, a, b, w11, 34, 16);
    b = step3(b, c, d, a, w14, 35, 23);
    a = step3(a, b, c, d, w1, 36, 4);
    d = step3(d, a, b, c, w4, 37, 11);
    c = step3(c, d, a, b, w7, 38, 16);
    b = step3(b, c, d, a, w10, 39, 23);
    a = step3(a, b, c, d, w13, 40, 4);
    d = step3(d, a, b, c, w0, 41, 11);
    c = step3(c, d, a, b, w3, 42, 16);
    b = step3(b, c, d, a, w6, 43, 23);
    a = step3(a, b, c, d, w9, 44, 4);
    d = step3(d, a, b, c, w12, 45, 11);
    c = step3(c, d, a, b, w15, 46, 16);
    b = step3(b, c, d, a, w2, 47, 23);
    a = step4(a, b, c, d, w0, 48, 6);
    d = step4(d, a, b, c, w7, 49, 10);
    c = step4(c, d, a, b, w14, 50, 15);
    b = step4(b, c, d, a, w5, 51, 21);
    a = step4(a, b, c, d, w12, 52, 6);
    d = step4(d, a, b, c, w3, 53, 10);
    c = step4(c, d, a, b, w10, 54, 15);
    b = step4(b, c, d, a, w1, 55, 21);
    a = step4(a, b, c, d, w8, 56, 6);
    d = step4(d, a, b, c, w15, 57, 10);
    c = step4(c, d, a, b, w6, 58, 15);
    b = step4(b, c, d, a, w13, 59, 21);
    a = step4(a, b, c, d, w4, 60, 6);
    d = step4(d, a, b, c, w11, 61, 10);
    c = step4(c, d, a, b, w2, 62, 15);
    b = step4(b, c, d, a, w9, 63, 21);
    a0 = i32x4.add(a0, a);
    b0 = i32x4.add(b0, b);
    c0 = i32x4.add(c0, c);
    d0 = i32x4.add(d0, d);
    messages += 64;
  }
  v128.store(states, a0);
  v128.store(states, b0, 16);
  v128.store(states, c0, 32);
  v128.store(states, d0, 48);
}

// @ts-ignore: decorator
@inline
function lone(mixed: u32, a: u32, b: u32, word: u32, n: u32, bits: u32): u32 {
  return b + rotl<u32>(a + word + n + mixed, bits);
}

// Takes `blocks` of 64 bytes into the first of four states, which the others lie beside.
export function md5One(states: usize, message: usize, blocks: i32): void {
  let a0 = load<u32>(states);
  let b0 = load<u32>(states, 16);
  let c0 = load<u32>(states, 32);
  let d0 = load<u32>(states, 48);
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
    a = lone(c ^ (d & (b ^ c)), a, b, load<u32>(message, 4), 0xf61e2562, 5);
    d = lone(b ^ (c & (a ^ b)), d, a, load<u32>(message, 24), 0xc040b340, 9);
    c = lone(a ^ (b & (d ^ a)), c, d, load<u32>(message, 44), 0x265e5a51, 14);
    b = lone(d ^ (a & (c ^ d)), b, c, load<u32>(message, 0), 0xe9b6c7aa, 20);
    a = lone(c ^ (d & (b ^ c)), a, b, load<u32>(message, 20), 0xd62f105d, 5);
    d = lone(b ^ (c & (a ^ b)), d, a, load<u32>(message, 40), 0x02441453, 9);
    c = lone(a ^ (b & (d ^ a)), c, d, load<u32>(message, 60), 0xd8a1e681, 14);
    b = lone(d ^ (a & (c ^ d)), b, c, load<u32>(message, 16), 0xe7d3fbc8, 20);
    a = lone(c ^ (d & (b ^ c)), a, b, load<u32>(message, 36), 0x21e1cde6, 5);
    d = lone(b ^ (c & (a ^ b)), d, a, load<u32>(message, 56), 0xc33707d6, 9);
    c = lone(a ^ (b & (d ^ a)), c, d, load<u32>(message, 12), 0xf4d50d87, 14);
    b = lone(d ^ (a & (c ^ d)), b, c, load<u32>(message, 32), 0x455a14ed, 20);
    a = lone(c ^ (d & (b ^ c)), a, b, load<u32>(message, 52), 0xa9e3e905, 5);
    d = lone(b ^ (c & (a ^ b)), d, a, load<u32>(message, 8), 0xfcefa3f8, 9);
    c = lone(a ^ (b & (d ^ a)), c, d, load<u32>(message, 28), 0x676f02d9, 14);
    b = lone(d ^ (a & (c ^ d)), b, c, load<u32>(message, 48), 0x8d2a4c8a, 20);
    a = lone(b ^ c ^ d, a, b, load<u32>(message, 20), 0xfffa3942, 4);
    d = lone(a ^ b ^ c, d, a, load<u32>(message, 32), 0x8771f681, 11);
    c = lone(d ^ a ^ b, c, d, load<u32>(message, 44), 0x6d9d6122, 16);
    b = lone(c ^ d ^ a, b, c, load<u32>(message, 56), 0xfde5380c, 23);
    a = lone(b ^ c ^ d, a, b, load<u32>(message, 4), 0xa4beea44, 4);
    d = lone(a ^ b ^ c, d, a, load<u32>(message, 16), 0x4bdecfa9, 11);
    c = lone(d ^ a ^ b, c, d, load<u32>(message, 28), 0xf6bb4b60, 16);
    b = lone(c ^ d ^ a, b, c, load<u32>(message, 40), 0xbebfbc70, 23);
    a = lone(b ^ c ^ d, a, b, load<u32>(message, 52), 0x289b7ec6, 4);
    d = lone(a ^ b ^ c, d, a, load<u32>(message, 0), 0xeaa127fa, 11);
    c = lone(d ^ a ^ b, c, d, load<u32>(message, 12), 0xd4ef3085, 16);
    b = lone(c ^ d ^ a, b, c, load<u32>(message, 24), 0x04881d05, 23);
    a = lone(b ^ c ^ d, a, b, load<u32>(message, 36), 0xd9d4d039, 4);
    d = lone(a ^ b ^ c, d, a, load<u32>(message, 48), 0xe6db99e5, 11);
    c = lone(d ^ a ^ b, c, d, load<u32>(message, 60), 0x1fa27cf8, 16);
    b = lone(c ^ d ^ a, b, c, load<u32>(message, 8), 0xc4ac5665, 23);
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
  store<u32>(states, b0, 16);
  store<u32>(states, c0, 32);
  store<u32>(states, d0, 48);
}
