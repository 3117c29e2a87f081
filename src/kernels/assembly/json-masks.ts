// What the first pass over JSON leaves behind (see `json-index`): masks of the blocks of a window, and how they are read.

/** Bytes of one mask of a block. */
export const MASK_BYTES: usize = 8;
/** The masks of quotes; those of other kinds lie behind them, `plane` bytes apart, and behind all a byte a block: 1 for backslashes. */
export let MASKS: usize = 0;
export let plane: usize = 0;
export let BASE: usize = 0;
export let LIMIT: usize = 0;

export function placeMasks(masks: usize, plane_bytes: u32): void {
  MASKS = masks;
  plane = plane_bytes;
}

export function setWindow(base: usize, size: u32): void {
  BASE = base;
  LIMIT = base + size;
}

/** Masks of the block that holds `p`. */
// @ts-ignore: decorator
@inline
export function masksOf(p: usize): usize {
  return MASKS + (((p - BASE) >> 6) << 3);
}

// @ts-ignore: decorator
@inline
export function quotesAt(m: usize): u64 {
  return load<u64>(m);
}

/** Quotes from `p` on, at least 57 bytes. */
// @ts-ignore: decorator
@inline
export function quotesFrom(p: usize): u64 {
  return load<u64>(MASKS + ((p - BASE) >> 3)) >> <u64>((p - BASE) & 7);
}

/** Whether the quote at `p` begins a string. */
// @ts-ignore: decorator
@inline
export function isOpeningQuote(p: usize): bool {
  const m = masksOf(p);
  return ((popcnt<u64>(quotesAt(m) & ((<u64>1 << <u64>((p - BASE) & 63)) - 1)) ^ carryAt(m)) & 1) == 0;
}

/** All ones where the block begins inside a string. */
// @ts-ignore: decorator
@inline
export function carryAt(m: usize): u64 {
  return load<u64>(m + plane);
}

/** Where it stands whether a block has backslashes. */
// @ts-ignore: decorator
@inline
export function backslashesAt(m: usize): usize {
  return MASKS + 4 * plane + ((m - MASKS) >> 3);
}

// @ts-ignore: decorator
@inline
export function hasBackslashAt(m: usize): bool {
  return load<bool>(backslashesAt(m));
}

// @ts-ignore: decorator
@inline
export function openingAt(m: usize): u64 {
  return load<u64>(m + 2 * plane);
}

// @ts-ignore: decorator
@inline
export function closingAt(m: usize): u64 {
  return load<u64>(m + 3 * plane);
}

/** Address of the quote that closes the string whose opening quote is before `p`, or 0 where the window ends first. */
export function closingQuote(p: usize): usize {
  if (p >= LIMIT) return 0;
  let block = (p - BASE) & ~63;
  let m = MASKS + (block >> 3);
  let q = quotesAt(m) & (<u64>-1 << <u64>((p - BASE) & 63));
  while (!q) {
    block += 64;
    m += MASK_BYTES;
    if (BASE + block >= LIMIT) return 0;
    q = quotesAt(m);
  }
  return BASE + block + <usize>ctz<u64>(q);
}

/** Depth at the window's end where `closeFrom` found no end. */
export let openDepth: i32 = 0;

/** One past the bracket that brings `depth` to 0, from `p` on; 0 where the window ends first. */
export function closeFrom(p: usize, depth: i32): usize {
  let from = (p - BASE) & 63, block = (p - BASE) & ~63;
  let m = MASKS + (block >> 3);
  let mask = <u64>-1 << <u64>from;
  while (BASE + block < LIMIT) {
    let o = openingAt(m) & mask, c = closingAt(m) & mask;
    mask = -1;
    if (depth <= <i32>popcnt<u64>(c)) {
      while (c) {
        const lowest = c & (0 - c);
        const before = <i32>popcnt<u64>(o & (lowest - 1));
        depth += before - 1;
        if (depth == 0) return BASE + block + <usize>ctz<u64>(c) + 1;
        o &= ~(lowest - 1);
        c &= c - 1;
      }
      depth += <i32>popcnt<u64>(o);
    } else depth += <i32>popcnt<u64>(o) - <i32>popcnt<u64>(c);
    block += 64;
    m += MASK_BYTES;
  }
  openDepth = depth;
  return 0;
}
