// The areas of the memory and the CSV dialect, set by the caller and kept in module globals: kernels take only what changes.

export let ROWS: usize = 0;
export let ENDS: usize = 0;
export let UNDECIDED: usize = 0;
export let ARENA: usize = 0;
export let BITMAP: usize = 0;
export let DOUBLES: usize = 0;
/** Where a writer puts a block of rows together. */
export let BLOCK: usize = 0;
export let arenaNext: usize = 0;

export let DELIMITER: u32 = 44;
/** 256 where there is no quoting: no byte equals it. */
export let QUOTE: u32 = 34;
export let RECORD: u32 = 10;
/** Records end at CR LF only. */
export let CRLF: bool = false;
export let TRIM_CR: bool = true;
/** A quoted field escapes its quotes by something else than doubling them. */
export let FOREIGN_ESCAPE: bool = false;
/** The first bytes of a comment record; with a mask of 0 and a value of 1 no record is one. */
export let COMMENT_MASK: u32 = 0;
export let COMMENT_VALUE: u32 = 1;

export function areas(rows: usize, ends: usize, undecided: usize, arena: usize, bitmap: usize, doubles: usize, block: usize): void {
  ROWS = rows;
  ENDS = ends;
  UNDECIDED = undecided;
  ARENA = arena;
  BITMAP = bitmap;
  DOUBLES = doubles;
  BLOCK = block;
  arenaNext = arena;
}

export function dialect(
  delimiter: u32, quote: u32, record: u32, crlf: bool, trimCr: bool, foreignEscape: bool, commentMask: u32, commentValue: u32,
): void {
  DELIMITER = delimiter;
  QUOTE = quote;
  RECORD = record;
  CRLF = crlf;
  TRIM_CR = trimCr;
  FOREIGN_ESCAPE = foreignEscape;
  COMMENT_MASK = commentMask;
  COMMENT_VALUE = commentValue;
}

export function resetArena(): void {
  arenaNext = ARENA;
}

export function takeArena(bytes: usize): usize {
  const at = arenaNext;
  arenaNext += bytes;
  return at;
}
