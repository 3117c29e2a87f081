/**
 * Kernels of Parquet pages. The SIMD implementation is `assembly/parquet/*.ts`, a module of its own over the memory of the thread;
 * its plain twin is `reference-parquet*.ts`. What they answer does not depend on which.
 *
 * A page stores the values that are not NULL, one behind the other: a value's place among them is its **position**. A **row** is a
 * row number of the batch, as everywhere. Without NULLs (and lists), position = row + shift for a page's constant `shift`.
 *
 * Common parameters:
 * - `from`, `end`: encoded bytes `[from, end)`. Nothing they say is trusted: damage is answered, never followed.
 * - `positions`, `shift`: the positions wanted, `u32[positions + 4 j] + shift` for j below `count`; `positions` 0: `j + shift`.
 *   Streams want them ascending, takes do not care. They are the caller's and must be below the number of values that are stored.
 * - `rows`: u32 row numbers; the j-th value goes to (or comes from) the slot of row `u32[rows + 4 j]`; `rows` 0: to slot j.
 * - `into` of filters: u32, ascending, room for `count`; may be `rows` itself. Without `rows` the j-th item is answered as
 *   `base + j`, else as its row; `base` is then not looked at.
 * - `negated` and `wanted` are 0 or 1. NULLs are no stored values, so filters never see them.
 *
 * Kernels may read 64 bytes past `end` and 8 before `from`, and write 64 bytes past what they are given to write: buffers have 64
 * spare bytes behind and 8 before.
 *
 * Answers are non-negative; -1 (`DAMAGED`) stands for bytes that are not what the format allows, or that do not fit. What was
 * written by then is of no use.
 *
 * PLAIN values of a fixed width are read where they lie: the caller checks once a page that it holds as many as it claims.
 */

/** The answer of a kernel to bytes that are damaged, or do not fit. */
export const DAMAGED = -1;

/** So many counts at either end of i64 are left free by `takeInt96`. */
export const INT96_ENDS = 131_072;

/** Bytes of the record behind `stream` (`hybridOpen`) and `chain` (`chainOpen`), 8-aligned. */
export const PARQUET_STREAM_BYTES = 32;

/** `hybridFilter` with a table where hardly any entry passes looks at eight rows at a time. */
export const filterHint = { any: 0, rare: 1 } as const;

/** Bits of `open` in the filters of floats: this bound itself does not pass. */
export const openBound = { low: 1, high: 2 } as const;

/** Addresses and numbers only (64-bit bounds as BigInt), so the exports of the module are this interface. */
export interface ParquetKernels
  extends ParquetCodecs,
    ParquetStreams,
    ParquetLevels,
    ParquetRows,
    ParquetFilters,
    ParquetTakes,
    ParquetBigTakes,
    ParquetTexts,
    ParquetSearch {}

/** Decompression. All answer the bytes written, or -1; the caller compares them with what the page header claims. */
export interface ParquetCodecs {
  /** A raw Snappy block. */
  snappy(from: number, end: number, into: number, intoEnd: number): number;
  /** A raw LZ4 block (LZ4_RAW). */
  lz4(from: number, end: number, into: number, intoEnd: number): number;
  /** Hadoop's framing of LZ4 blocks (the codec LZ4): big-endian sizes, uncompressed and compressed, before each block. */
  lz4Hadoop(from: number, end: number, into: number, intoEnd: number): number;
  /** Zstandard frames, without dictionaries; checksums are not compared. */
  zstd(from: number, end: number, into: number, intoEnd: number): number;
}

/**
 * The RLE/bit-packed hybrid: dictionary codes and RLE booleans. A stream remembers the run it stands in, so that ascending calls
 * walk over the page once; a call for an earlier position starts again by itself.
 */
export interface ParquetStreams {
  /**
   * Opens `[from, end)` (behind the byte that tells the width) as codes of `width` bits, 0 to 32, each below `size`: a code that is
   * not is damage wherever it is met. Answers 0 or -1 (the width).
   */
  hybridOpen(stream: number, from: number, end: number, width: number, size: number): number;
  /** Codes of positions `[first, first + count)` as u32; room for 8 more. Answers `count`. */
  hybridUnpack(stream: number, first: number, count: number, into: number): number;
  /** Keeps items, the values at positions `[first, first + count)`, whose code has a 1 in `table` (u8 by code: 0 or 1). Answers how many. */
  hybridFilter(stream: number, first: number, count: number, table: number, hint: number, base: number, into: number): number;
  /** Codes at positions, as u32 by j. Answers `count`. */
  hybridTake(stream: number, positions: number, shift: number, count: number, into: number): number;
  /**
   * Keeps rows (u32 by j) whose code at the j-th position has a 1 in `table`; `into` may be at or before either list. Answers how many.
   */
  hybridRefine(stream: number, positions: number, shift: number, rows: number, count: number, table: number, into: number): number;
  /** Sets `table[u32[entries + 4 j] + base]` to 1: what a filter kept of a dictionary becomes its table. The caller cleared it. */
  markTable(entries: number, count: number, base: number, table: number): void;
  /** DELTA_BINARY_PACKED of exactly `count` values as i32 or i64, wrapping. Room for 64 more. Answers the address behind the stream. */
  deltaInt32(from: number, end: number, count: number, into: number): number;
  deltaInt64(from: number, end: number, count: number, into: number): number;
  /** BYTE_STREAM_SPLIT of `count` values of `width` bytes as PLAIN ones. Answers 0, or -1: `[from, end)` is too short. */
  splitStreams(from: number, end: number, count: number, width: number, into: number): number;
}

/** Definition and repetition levels, and the bitmaps made of them: bit i (of byte i >> 3, lowest first) for level i of the page. */
export interface ParquetLevels {
  /**
   * Levels of `width` bits as a bitmap: 1 where the level is `wanted`; a level above `max` is damage. Writes (count + 127 >> 6) * 8
   * bytes, ones only below `count`. Answers how many are.
   */
  levelsBitmap(from: number, end: number, count: number, width: number, max: number, wanted: number, bitmap: number): number;
  /** Levels as u8; `max` is at most 255. Answers 0. */
  levelsBytes(from: number, end: number, count: number, width: number, max: number, into: number): number;
  /** The same of the deprecated encoding BIT_PACKED: no runs, highest bit first. */
  levelsBytesPacked(from: number, end: number, count: number, width: number, max: number, into: number): number;
  /** Of levels as u8: a bitmap as by `levelsBitmap`. */
  bytesBitmap(levels: number, count: number, wanted: number, bitmap: number): number;
}

/** Rows and positions, by levels and bitmaps. */
export interface ParquetRows {
  /** Keeps items, the levels as u8, that are `wanted`: where rows begin, in repetition levels. Answers how many. */
  bytesRows(levels: number, count: number, wanted: number, base: number, into: number): number;
  /** u32 ones before each 64 bits. */
  ranks(bitmap: number, count: number, into: number): void;
  /** Ones before bit `at`: the position of its value. */
  rankAt(bitmap: number, ranks: number, at: number): number;
  /**
   * Splits items into those with a value and NULLs. Item j is bit `u32[bits + 4 j] + shift` (`bits` 0: `j + shift`) and belongs to
   * row `u32[rows + 4 j]` (`rows` 0: j). Rows of items with a value go to `present` (may be `rows`) and the positions of their values
   * to `positions` (may be `bits`); answers how many. `states` (u8 by row; 0: none) receives `rowState.value` or `rowState.null`,
   * `fields` (u64 by row; 0: none) the field that stands for NULL where it is.
   */
  present(
    bitmap: number,
    ranks: number,
    bits: number,
    shift: number,
    rows: number,
    count: number,
    present: number,
    positions: number,
    states: number,
    fields: number,
  ): number;
  /** Keeps items, the bits `[first, first + count)`, that are `wanted`. PLAIN booleans are such bits too. Answers how many. */
  bitRows(bitmap: number, first: number, count: number, wanted: number, base: number, into: number): number;
  /** Keeps rows whose bit `row + shift` is `wanted`; `rows` 0: of rows 0 to count - 1. */
  filterBits(bitmap: number, rows: number, shift: number, count: number, wanted: number, into: number): number;
  /** `into[j] = u32[rows + 4 * u32[positions + 4 j]]`: rows of positions, by the rows with a value (`bitRows`). May be in place. */
  rowsAt(rows: number, positions: number, count: number, into: number): void;
}

/**
 * Filters over values as they lie in a PLAIN page or were loaded: item j is the j-th value, or with `rows` the value in the slot of
 * that row. Answers how many are kept.
 */
export interface ParquetFilters {
  /**
   * Keeps values in `[low, high]`, signed or unsigned: those whose distance from `low`, upwards and around, is at most that of
   * `high`. The caller answers empty ranges itself.
   */
  filterInt32(values: number, rows: number, count: number, low: number, high: number, negated: number, base: number, into: number): number;
  filterInt64(values: number, rows: number, count: number, low: bigint, high: bigint, negated: number, base: number, into: number): number;
  /** `bounds`: two i128, low and high, both part of the range; signed. */
  filterInt128(values: number, rows: number, count: number, bounds: number, negated: number, base: number, into: number): number;
  /** f32 compared as doubles. NaN is in no range (and so in every negated one); without a bound: an infinity that is not open. */
  filterFloat32(
    values: number,
    rows: number,
    count: number,
    low: number,
    high: number,
    open: number,
    negated: number,
    base: number,
    into: number,
  ): number;
  filterFloat64(
    values: number,
    rows: number,
    count: number,
    low: number,
    high: number,
    open: number,
    negated: number,
    base: number,
    into: number,
  ): number;
  /** Keeps values that are among `size` ones, ascending, of the same kind at `set`. Of doubles: no NaN in the set; -0 is 0. */
  memberInt64(values: number, rows: number, count: number, set: number, size: number, negated: number, base: number, into: number): number;
  memberInt128(values: number, rows: number, count: number, set: number, size: number, negated: number, base: number, into: number): number;
  memberFloat64(
    values: number,
    rows: number,
    count: number,
    set: number,
    size: number,
    negated: number,
    base: number,
    into: number,
  ): number;
}

/**
 * Takes: values of a page at positions, as columns are loaded (see `LoadedColumn`). Dictionaries are turned into loaded values
 * once (`positions` and `rows` 0), codes into values by `takeInt64` and `takeInt128` with the codes as positions.
 */
export interface ParquetTakes {
  /** i32 to i64. */
  takeInt32(values: number, positions: number, shift: number, rows: number, count: number, into: number): void;
  /** u32 to i64. */
  takeUint32(values: number, positions: number, shift: number, rows: number, count: number, into: number): void;
  /** Any 8 bytes: i64, f64, fields. */
  takeInt64(values: number, positions: number, shift: number, rows: number, count: number, into: number): void;
  /** u64 to i128. */
  takeUint64(values: number, positions: number, shift: number, rows: number, count: number, into: number): void;
  /** Any 16 bytes. */
  takeInt128(values: number, positions: number, shift: number, rows: number, count: number, into: number): void;
  /** f32 to f64. */
  takeFloat32(values: number, positions: number, shift: number, rows: number, count: number, into: number): void;
  /** FLOAT16 to f64. */
  takeFloat16(values: number, positions: number, shift: number, rows: number, count: number, into: number): void;
  /** FIXED_LEN_BYTE_ARRAY of `width` bytes to fields over the page. */
  takeFixed(values: number, width: number, positions: number, shift: number, rows: number, count: number, into: number): void;
  /** PLAIN booleans to i64 0 or 1. */
  takeBits(values: number, positions: number, shift: number, rows: number, count: number, into: number): void;
}

/** The same of numbers that are not stored as they are loaded. */
export interface ParquetBigTakes {
  /**
   * INT96 to i64 counts, of `unit` nanoseconds (1, 1000, 1,000,000), since 1970-01-01. Answers how many are no such count exactly:
   * those are rounded down where they are between two; out of range, or within `INT96_ENDS` of its ends, they are the least or the
   * greatest i64.
   */
  takeInt96(values: number, positions: number, shift: number, rows: number, count: number, unit: number, into: number): number;
  /** Big-endian two's complement of `width` bytes to i64. Answers how many do not fit; their slots are of no use. */
  takeBig64(values: number, width: number, positions: number, shift: number, rows: number, count: number, into: number): number;
  /** The same to i128. */
  takeBig128(values: number, width: number, positions: number, shift: number, rows: number, count: number, into: number): number;
  /** The same of fields of any length (BYTE_ARRAY), of which there are `count`; the one of no bytes is 0. */
  fieldsBig64(fields: number, rows: number, count: number, into: number): number;
  fieldsBig128(fields: number, rows: number, count: number, into: number): number;
}

/**
 * BYTE_ARRAY as fields (u64, see `kernels.ts`) over the page. Comparison, LIKE and IN of fields are those of `Kernels`. Fields by
 * position are taken by `takeInt64`.
 */
export interface ParquetTexts {
  /** Opens a PLAIN page of `stored` values. A chain remembers where it stands, as streams do. A position beyond them is damage. */
  chainOpen(chain: number, from: number, end: number, stored: number): void;
  /** Fields of the values at ascending positions. Answers `count`. Best where few are wanted; else `chainFields`. */
  chainTake(chain: number, positions: number, shift: number, rows: number, count: number, into: number): number;
  /** Fields of the first `count` values of a PLAIN page, by position; room for 8 more. Answers the address behind the last. */
  chainFields(from: number, end: number, count: number, fields: number): number;
  /** DELTA_LENGTH_BYTE_ARRAY: lengths (i32, by `deltaInt32`) to fields over the text that begins at `from`. Answers the address behind it. */
  lengthFields(lengths: number, count: number, from: number, end: number, fields: number): number;
  /** DELTA_BYTE_ARRAY: bytes of all values together, a double; -1: a length is negative or a prefix longer than the value before. */
  prefixBytes(prefixes: number, suffixes: number, count: number): number;
  /** Writes the values whole to `[into, intoEnd)`, one behind the other, and fields over them. Answers the address behind them. */
  prefixFields(
    prefixes: number,
    suffixes: number,
    count: number,
    from: number,
    end: number,
    into: number,
    intoEnd: number,
    fields: number,
  ): number;
}

/** Questions about the bytes of fields. */
export interface ParquetSearch {
  /** 1 when all fields are `length` bytes long, else 0. */
  fieldsAre(fields: number, count: number, length: number): number;
  /** The first j whose field is not UTF-8, or -1. */
  fieldsUtf8(fields: number, rows: number, count: number): number;
  /** Address of the first occurrence of a needle (1 to `NEEDLE_BYTES_MAX` bytes) in `[from, end)`, or -1. 20 GB/s. */
  findBytes(from: number, end: number, needle: number, length: number): number;
  /** Indices, plus `base`, of the fields that contain the needle. The fields' bytes ascend in memory, as those of a page do. Answers how many. */
  fieldsContaining(fields: number, count: number, needle: number, length: number, base: number, into: number): number;
}
