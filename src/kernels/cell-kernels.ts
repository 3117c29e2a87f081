/**
 * Kernels over cells: texts of CSV made once and written many times. A cell is 16 or 32 bytes: a field as it is written, quotes and all, the
 * field delimiter behind it, and in the last byte the length of both. What else it holds is undefined.
 *
 * `style`: address of an output style (`Constants.style`). `bytes`: of a cell, `CELL_BYTES` or twice as much.
 */

/** Of a small cell. */
export const CELL_BYTES = 16;

/** How `writeCells` finds what to write of a column. */
export const columnForm = {
  /** Fields by row. */
  fields: 0,
  /** The same, of which no byte needs quotes: they are written as they are, unless the style quotes all. */
  plain: 1,
  /** u32 codes by row, of cells of `CELL_BYTES`. */
  cells: 2,
  /** The same of twice as large ones. */
  wideCells: 3,
  /** i64 mantissas of decimals by row, of a scale: written in the form of Java's BigDecimal, without quotes. */
  numbers: 4,
} as const;

/** Bytes of a column in the list of `writeCells`: u32 form, address of its fields, cells or values, address of its codes or scale, and one for the kernel. */
export const COLUMN_BYTES = 16;

/** Addresses and numbers only, so the exports of the module are this interface. */
export interface CellKernels {
  /**
   * Writes fields as cells; NULL and MISSING are empty. Answers the length of the longest; 0 where one is in doubt or has no room in a cell:
   * then cells are undefined.
   */
  makeCells(fields: number, count: number, style: number, bytes: number, cells: number): number;
  /**
   * Writes cells for each of the first followed by each of the second, in order of the first. They have room. Answers the length of the longest.
   */
  crossCells(
    first: number,
    firsts: number,
    first_bytes: number,
    second: number,
    seconds: number,
    second_bytes: number,
    bytes: number,
    cells: number,
  ): number;
  /** Turns u32 codes of the first into those of both, as `crossCells` orders them. May write 12 bytes more. */
  crossCodes(first: number, second: number, seconds: number, count: number): void;
}
