// Moves of sixteen bytes, and the copies of what was just decoded. They write up to 32 bytes more than asked.

// Of each offset below 16: which of the last `offset` bytes come next, sixteen of them, and the multiple of the offset they make.
const patterns: usize = memory.data(16 * 16, 16);
const strides: usize = memory.data(16, 16);

makePatterns();

function makePatterns(): void {
  for (let offset: u32 = 1; offset < 16; offset++) {
    for (let i: u32 = 0; i < 16; i++) store<u8>(patterns + (offset << 4) + i, i % offset);
    store<u8>(strides + offset, 16 - (16 % offset));
  }
}

// @ts-ignore: decorator
@inline
export function copy16(out: usize, from: usize, length: usize): void {
  v128.store(out, v128.load(from));
  for (let i: usize = 16; i < length; i += 16) v128.store(out + i, v128.load(from + i));
}

// Copies `length` bytes from `offset` bytes back, of which there are so many; they may overlap.
// @ts-ignore: decorator
@inline
export function copyMatch(out: usize, offset: usize, length: usize): void {
  const from = out - offset;
  if (offset >= 16) {
    v128.store(out, v128.load(from));
    if (length > 16) {
      v128.store(out, v128.load(from, 16), 16);
      for (let i: usize = 32; i < length; i += 16) v128.store(out + i, v128.load(from + i));
    }
  } else {
    const bytes = i8x16.swizzle(v128.load(from), v128.load(patterns + (offset << 4))), stride = <usize>load<u8>(strides + offset);
    for (let i: usize = 0; i < length; i += stride) v128.store(out + i, bytes);
  }
}

// The same of up to 64 bytes. It writes up to 112: no loop, as a wrong guess of its end takes longer than some moves too many.
// @ts-ignore: decorator
@inline
export function copyShort(out: usize, offset: usize, length: usize): void {
  const from = out - offset;
  if (length <= 16) {
    // What is copied of bytes not yet written lies behind the length.
    v128.store(out, offset >= length ? v128.load(from) : i8x16.swizzle(v128.load(from), v128.load(patterns + (offset << 4))));
  } else if (offset >= 16) {
    v128.store(out, v128.load(from));
    v128.store(out, v128.load(from, 16), 16);
    v128.store(out, v128.load(from, 32), 32);
    v128.store(out, v128.load(from, 48), 48);
  } else {
    const bytes = i8x16.swizzle(v128.load(from), v128.load(patterns + (offset << 4))), stride = <usize>load<u8>(strides + offset);
    v128.store(out, bytes);
    v128.store(out + stride, bytes);
    v128.store(out + 2 * stride, bytes);
    v128.store(out + 3 * stride, bytes);
    v128.store(out + 4 * stride, bytes);
    v128.store(out + 5 * stride, bytes);
    v128.store(out + 6 * stride, bytes);
  }
}
