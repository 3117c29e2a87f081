/** Where the levels of a page are, and its values behind them. */
import { DAMAGED } from '../../kernels/parquet-kernels.ts';
import type { Leaf } from './metadata.ts';
import { encoding, type PageHeader } from './page-header.ts';
import type { PageBody } from './page-reader.ts';
import type { ChunkErrors, ScanSpace } from './scan-space.ts';

export interface Levels {
  readonly from: number;
  readonly end: number;
  /** In the deprecated encoding without runs. */
  readonly packed: boolean;
  readonly max: number;
}

export interface PageLayout {
  /** Null where all levels are 0, and so nothing is stored. */
  readonly repetition: Levels | null;
  readonly definition: Levels | null;
  readonly values: PageBody;
}

/** @throws {SelectError} ParquetParsingError: the levels are longer than the page; UnsupportedParquetType: they are in an unknown encoding */
export function layOutPage(
  space: ScanSpace,
  { repetition_max, definition_max }: Leaf,
  header: PageHeader,
  body: PageBody,
  offset: number,
  errors: ChunkErrors,
): PageLayout {
  if (header.kind === 'data-v2') {
    const definition = body.from + header.repetition_bytes;
    const values = definition + header.definition_bytes;
    return {
      repetition: repetition_max === 0 ? null : { from: body.from, end: definition, packed: false, max: repetition_max },
      definition: definition_max === 0 ? null : { from: definition, end: values, packed: false, max: definition_max },
      values: { from: values, end: body.end },
    };
  }
  let from = body.from;
  const take = (max: number, levels_encoding: number): Levels | null => {
    if (max === 0) return null;
    const levels = levelsAt(space, header.values, max, levels_encoding, { from, end: body.end });
    if (levels === 'unknown') throw errors.unsupported(offset, `levels in encoding ${levels_encoding}`);
    if (levels === 'damaged') throw errors.damaged(offset, 'the levels of a page are cut off');
    from = levels.end;
    return levels;
  };
  const repetition = take(repetition_max, header.repetition_encoding);
  const definition = take(definition_max, header.definition_encoding);
  return { repetition, definition, values: { from, end: body.end } };
}

/** Levels as u8. @throws {SelectError} ParquetParsingError */
export function readLevels(
  { parquet }: ScanSpace,
  { from, end, packed, max }: Levels,
  values: number,
  into: number,
  offset: number,
  errors: ChunkErrors,
): void {
  const width = widthOf(max);
  const done = packed
    ? parquet.levelsBytesPacked(from, end, values, width, max, into)
    : parquet.levelsBytes(from, end, values, width, max, into);
  if (done === DAMAGED) throw damagedLevels(errors, offset);
}

/** Whether all levels are the highest, as one run says: most pages of columns that may be NULL have none. */
export function areAll({ memory }: ScanSpace, { from, end, packed, max }: Levels, values: number): boolean {
  const { u8 } = memory;
  let at = from;
  let [run, shift] = [0, 0];
  do {
    if (packed || shift > RUN_BITS_MAX || at >= end) return false;
    run += (u8[at]! & 0x7f) * 2 ** shift;
    shift += 7;
  } while (u8[at++]! >= 0x80);
  // why: an even number counts what is repeated, twice; a level of one byte follows.
  return run % 2 === 0 && run / 2 >= values && at < end && max < 256 && u8[at] === max;
}

const RUN_BITS_MAX = 28;

export function damagedLevels(errors: ChunkErrors, offset: number): Error {
  return errors.damaged(offset, 'the levels of a page are cut off or too high');
}

/** Bits of a level up to `max`. */
export function widthOf(max: number): number {
  return 32 - Math.clz32(max);
}

function levelsAt(
  { memory }: ScanSpace,
  values: number,
  max: number,
  levels_encoding: number,
  { from, end }: PageBody,
): Levels | 'damaged' | 'unknown' {
  if (levels_encoding === encoding.bit_packed) {
    const bytes = Math.ceil((values * widthOf(max)) / 8);
    return bytes > end - from ? 'damaged' : { from, end: from + bytes, packed: true, max };
  }
  if (levels_encoding !== encoding.rle) return 'unknown';
  const bytes = end - from < 4 ? -1 : memory.bytes.readUInt32LE(from);
  return bytes === -1 || bytes > end - from - 4 ? 'damaged' : { from: from + 4, end: from + 4 + bytes, packed: false, max };
}
