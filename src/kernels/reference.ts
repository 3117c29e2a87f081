/**
 * Plain TypeScript kernels: the scanner for dialects SIMD does not read, the judge of what it declares irregular, and the twin it
 * is compared with. Written to be obviously right and linear in the bytes, not to be fast.
 */

import type { CellKernels } from './cell-kernels.ts';
import type { ColumnKernels } from './column-kernels.ts';
import type { JsonKernels } from './json-kernels.ts';
import type { CsvDialect, Kernels, RecordsResult, TextBounds, WriteResult } from './kernels.ts';
import type { Memory } from './memory.ts';
import type { ParquetKernels } from './parquet-kernels.ts';
import { referenceCells } from './reference-cells.ts';
import { ReferenceCsv } from './reference-csv.ts';
import { referenceJson } from './reference-json.ts';
import { referenceLoad } from './reference-load.ts';
import { referenceParquet } from './reference-parquet.ts';
import { referenceRender } from './reference-render.ts';
import { ReferencePredicates } from './reference-select.ts';
import { utf8Error } from './reference-utf8.ts';
import { referenceValues } from './reference-values.ts';
import { ReferenceWriter } from './reference-write.ts';
import type { ValueKernels } from './value-kernels.ts';

/** Reference kernels over `memory`. */
export function referenceKernels(memory: Memory): Kernels {
  return new ReferenceKernels(memory);
}

class ReferenceKernels implements Kernels {
  readonly kind = 'reference';
  readonly values: ValueKernels;
  readonly json: JsonKernels;
  readonly parquet: ParquetKernels;
  readonly cells: CellKernels;
  readonly columns: ColumnKernels;
  readonly #memory: Memory;
  readonly #csv: ReferenceCsv;
  readonly #predicates: ReferencePredicates;
  readonly #writer: ReferenceWriter;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.values = referenceValues(memory);
    this.json = referenceJson(memory);
    this.parquet = referenceParquet(memory);
    this.columns = { ...referenceRender(memory), ...referenceLoad(memory) };
    this.cells = referenceCells(memory);
    this.#csv = new ReferenceCsv(memory);
    this.#predicates = new ReferencePredicates(memory);
    this.#writer = new ReferenceWriter(memory);
  }

  supports(): boolean {
    return true;
  }

  csvDialect(dialect: CsvDialect): void {
    this.#csv.setDialect(dialect);
  }

  csvIndex(base: number, from: number, to: number, count: number, quoted: boolean): number {
    return this.#csv.index(base, from, to, count, quoted);
  }

  flags(): number {
    return this.#csv.flags;
  }

  csvRecords(base: number, first: number, count: number, start: number, rows_max: number): RecordsResult {
    return this.#csv.records(base, first, count, start, rows_max);
  }

  csvLocate(selection: number, count: number, gaps: number, columns: number, fields: number, stride: number): void {
    this.#csv.locate(selection, count, gaps, columns, fields, stride);
  }

  selectNumber(
    fields: number,
    selection: number,
    count: number,
    low: number,
    high: number,
    reading: number,
    negated: boolean,
    into: number,
  ): number {
    return this.#predicates.number(fields, selection, count, low, high, reading, negated, into);
  }

  selectText(fields: number, selection: number, count: number, bounds: TextBounds, negated: boolean, into: number): number {
    return this.#predicates.text(fields, selection, count, bounds, negated, into);
  }

  selectLike(fields: number, selection: number, count: number, program: number, negated: boolean, into: number): number {
    return this.#predicates.like(fields, selection, count, program, negated, into);
  }

  selectIn(fields: number, selection: number, count: number, set: number, size: number, negated: boolean, into: number): number {
    return this.#predicates.in(fields, selection, count, set, size, negated, into);
  }

  selectPresent(fields: number, selection: number, count: number, negated: boolean, into: number): number {
    return this.#predicates.present(fields, selection, count, negated, into);
  }

  selectContaining(rows: number, column: number, needle: number, length: number, fields: number, _flags: number, into: number): number {
    this.#csv.locateColumn(rows, column, fields);
    const wanted = this.#memory.bytes.subarray(needle, needle + length);
    return this.#predicates.containing(fields, rows, wanted, into);
  }

  writeRecords(selection: number, count: number, style: number, out: number, end: number): void {
    this.#writer.records(selection, count, style, out, end);
  }

  writeCsv(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void {
    this.#writer.csv(list, columns, selection, count, style, out, end);
  }

  writeCells(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void {
    this.#writer.cells(list, columns, selection, count, style, out, end);
  }

  writeJson(
    list: number,
    columns: number,
    keys: number,
    forms: number,
    selection: number,
    count: number,
    style: number,
    out: number,
    end: number,
  ): void {
    this.#writer.json(list, columns, keys, forms, selection, count, style, out, end);
  }

  written(): WriteResult {
    return this.#writer.result;
  }

  utf8Error(start: number, end: number): number {
    return utf8Error(this.#memory.u8, start, end);
  }
}
