/** Whole records as columns: `SELECT *` and `alias.*` where the bytes of the record cannot be copied as they are. */
import { limits } from '../../base/limits.ts';
import type { Scan } from '../../formats/scan.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
import { headerOf, type InputSchema } from '../../vector/schema.ts';

/** Without a header, records of up to so many fields are written by kernels. */
const COLUMNS_UNNAMED = 64;

/** Columns a scan reserves for whole records: those of the header and one more, to see whether a record has more. */
export function recordColumnsOf(schema: InputSchema): number {
  return Math.min(headerOf(schema)?.length ?? COLUMNS_UNNAMED, limits.columns_max - 1) + 1;
}

export class Records {
  readonly #thread: ThreadKernels;
  readonly #columns: number;
  /** u32 zeros: neighbouring columns; and one to begin further right. */
  readonly #gaps: number;
  readonly #oneRow: number;
  #expected: number | null;

  constructor(thread: ThreadKernels, schema: InputSchema) {
    this.#thread = thread;
    this.#columns = recordColumnsOf(schema);
    this.#gaps = thread.constants.take(4 * this.#columns);
    this.#oneRow = thread.constants.take(4);
    this.#expected = headerOf(schema)?.length ?? null;
  }

  /** Most columns of a record that `uniform` answers. */
  get columns_max(): number {
    return this.#columns - 1;
  }

  /** Output names: the header's, `_N` beyond it. */
  static names(header: readonly string[] | null, columns: number): string[] {
    return Array.from({ length: columns }, (_, index) => header?.[index] ?? `_${index + 1}`);
  }

  /**
   * Locates the fields of all selected records, at `scan.recordFields()`, when all have the same number: answers it. Null when
   * they differ or have too many.
   */
  uniform(scan: Scan): number | null {
    if (scan.count === 0) return null;
    this.#expected ??= this.fieldsOf(scan, scan.selected()[0]!).length;
    const columns = this.#expected;
    if (columns === 0 || columns > this.columns_max) return null;
    const { memory } = this.#thread;
    const { kernels, count, selection, stride } = scan;
    const fields = scan.recordFields();
    this.#setStart(0);
    kernels.csvLocate(selection, count, this.#gaps, columns + 1, fields, stride, scan.flags);
    const into = memory.layout.selections[selection === memory.layout.selections[0] ? 1 : 0];
    const present = (column: number): number => kernels.selectPresent(fields + column * stride, selection, count, false, into);
    return present(columns - 1) === count && present(columns) === 0 ? columns : null;
  }

  /** The fields of one record. */
  fieldsOf(scan: Scan, row: number): string[] {
    const { memory } = this.#thread;
    const address = scan.recordFields();
    memory.u32[this.#oneRow >> 2] = row;
    const fields: string[] = [];
    for (let from = 0; ; from += this.#columns) {
      this.#setStart(from);
      scan.kernels.csvLocate(this.#oneRow, 1, this.#gaps, this.#columns, address, scan.stride, scan.flags);
      for (let column = 0; column < this.#columns; column++) {
        const field = scan.readField(address + column * scan.stride, row);
        if (field === undefined) return fields;
        fields.push(field);
      }
    }
  }

  #setStart(column: number): void {
    this.#thread.memory.u32[this.#gaps >> 2] = column;
  }
}
