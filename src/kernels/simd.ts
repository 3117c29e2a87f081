/** The SIMD WebAssembly kernels behind the `Kernels` interface. The module is compiled once per process and handed to workers. */
import { readFileSync } from 'node:fs';
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import type { CellKernels } from './cell-kernels.ts';
import type { ColumnKernels } from './column-kernels.ts';
import { fillFloatPowers } from './float-powers.ts';
import type { JsonKernels } from './json-kernels.ts';
import type { CsvDialect, Kernels, RecordsResult, TextBounds, WriteResult } from './kernels.ts';
import { type Memory, MODULES_END, PARQUET_DATA } from './memory.ts';
import type { ParquetKernels } from './parquet-kernels.ts';
import type { ValueKernels } from './value-kernels.ts';

/** Each module says where its static data end. */
interface DataEnd {
  dataEnd(): number;
}

/** Exports of `assembly/index.ts`; booleans are numbers at this border. */
interface Exports extends ValueKernels, JsonKernels, CellKernels, DataEnd {
  jsonAreas(masks: number, plane_bytes: number, ends_max: number, depth_max: number): void;
  areas(rows: number, ends: number, undecided: number, arena: number, bitmap: number, doubles: number, block: number): void;
  dialect(
    delimiter: number,
    quote: number,
    record: number,
    crlf: number,
    trimCr: number,
    foreignEscape: number,
    mask: number,
    value: number,
  ): void;
  csvIndex(base: number, from: number, to: number, count: number, quoted: number): number;
  flags(): number;
  csvRecords(base: number, first: number, count: number, start: number, rows_max: number): number;
  recordsEnds(): number;
  recordsNext(): number;
  recordsTrimmed(): number;
  csvLocate(selection: number, count: number, gaps: number, columns: number, fields: number, stride: number, flags: number): void;
  selectNumber(
    fields: number,
    selection: number,
    count: number,
    low: number,
    high: number,
    reading: number,
    negated: number,
    into: number,
  ): number;
  selectText(
    fields: number,
    selection: number,
    count: number,
    low: number,
    lowLength: number,
    lowBound: number,
    high: number,
    highLength: number,
    highBound: number,
    negated: number,
    into: number,
  ): number;
  selectLike(fields: number, selection: number, count: number, program: number, negated: number, into: number): number;
  selectIn(fields: number, selection: number, count: number, set: number, size: number, negated: number, into: number): number;
  selectPresent(fields: number, selection: number, count: number, negated: number, into: number): number;
  selectContaining(rows: number, column: number, needle: number, length: number, fields: number, flags: number, into: number): number;
  writeRecords(selection: number, count: number, style: number, out: number, end: number): void;
  writeCsv(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void;
  writeCells(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void;
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
  ): void;
  writtenRows(): number;
  writtenEnd(): number;
  writeBlocked(): number;
  utf8Error(start: number, end: number): number;
}

/** Exports of `assembly/parquet/index.ts`. */
interface ParquetExports extends ParquetKernels, ColumnKernels, DataEnd {
  floatPowers(): number;
}

const NO_QUOTE = 256;
const CR = 13;
const LF = 10;

/** The modules over the memory of a thread, compiled. */
export interface Modules {
  readonly kernels: WebAssembly.Module;
  readonly parquet: WebAssembly.Module;
}

/** Compiles the modules that the build put beside this file. */
export function compileModules(): Modules {
  const compile = (name: string): WebAssembly.Module => new WebAssembly.Module(readFileSync(new URL(name, import.meta.url)));
  return { kernels: compile('./kernels.wasm'), parquet: compile('./parquet.wasm') };
}

/** SIMD kernels over `memory`. */
export function simdKernels(modules: Modules, memory: Memory): Kernels {
  const { layout, wasm } = memory;
  const instance = (module: WebAssembly.Module): unknown => new WebAssembly.Instance(module, { env: { memory: wasm } }).exports;
  const exports = instance(modules.kernels) as Exports;
  const parquet = instance(modules.parquet) as ParquetExports;
  assert(exports.dataEnd() <= PARQUET_DATA && parquet.dataEnd() <= MODULES_END, 'the data of each module have room');
  fillFloatPowers(memory, parquet.floatPowers());
  exports.areas(layout.rows, layout.ends, layout.undecided, layout.arena, layout.bitmap, layout.doubles, layout.fields);
  exports.jsonAreas(layout.json, layout.json_plane_bytes, limits.window_bytes, limits.json_depth_max);
  return new SimdKernels(exports, parquet);
}

class SimdKernels implements Kernels {
  readonly kind = 'simd';
  readonly values: ValueKernels;
  readonly json: JsonKernels;
  readonly cells: CellKernels;
  readonly parquet: ParquetKernels;
  readonly columns: ColumnKernels;
  readonly #exports: Exports;

  constructor(exports: Exports, parquet: ParquetKernels & ColumnKernels) {
    this.#exports = exports;
    this.values = exports;
    this.json = exports;
    this.cells = exports;
    this.parquet = parquet;
    this.columns = parquet;
  }

  supports({ fieldDelimiter, quote, escape, recordDelimiter, comment }: CsvDialect): boolean {
    const crlf = recordDelimiter.length === 2 && recordDelimiter[0] === CR && recordDelimiter[1] === LF;
    return (
      fieldDelimiter.length === 1 &&
      quote.length <= 1 &&
      escape.length <= 1 &&
      comment.length <= 4 &&
      (crlf || (recordDelimiter.length === 1 && recordDelimiter[0] !== 0)) &&
      (quote.length === 0 || quote[0] !== 0)
    );
  }

  csvDialect({ fieldDelimiter, quote, escape, recordDelimiter, trimCarriageReturn, comment }: CsvDialect): void {
    let mask = 0;
    let value = comment.length === 0 ? 1 : 0;
    comment.forEach((byte, index) => {
      mask |= 0xff << (8 * index);
      value |= byte << (8 * index);
    });
    this.#exports.dialect(
      fieldDelimiter[0]!,
      quote[0] ?? NO_QUOTE,
      recordDelimiter[recordDelimiter.length - 1]!,
      Number(recordDelimiter.length === 2),
      Number(trimCarriageReturn),
      Number(escape.length === 1 && escape[0] !== quote[0]),
      mask,
      value,
    );
  }

  csvIndex(base: number, from: number, to: number, count: number, quoted: boolean): number {
    return this.#exports.csvIndex(base, from, to, count, Number(quoted));
  }

  flags(): number {
    return this.#exports.flags();
  }

  csvRecords(base: number, first: number, count: number, start: number, rows_max: number): RecordsResult {
    const exports = this.#exports;
    const rows = exports.csvRecords(base, first, count, start, rows_max);
    return { rows, ends: exports.recordsEnds(), next: exports.recordsNext() >>> 0, trimmed: exports.recordsTrimmed() };
  }

  csvLocate(selection: number, count: number, gaps: number, columns: number, fields: number, stride: number, flags: number): void {
    this.#exports.csvLocate(selection, count, gaps, columns, fields, stride, flags);
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
    return this.#exports.selectNumber(fields, selection, count, low, high, reading, Number(negated), into);
  }

  selectText(fields: number, selection: number, count: number, bounds: TextBounds, negated: boolean, into: number): number {
    const { low, lowLength, lowBound, high, highLength, highBound } = bounds;
    return this.#exports.selectText(fields, selection, count, low, lowLength, lowBound, high, highLength, highBound, Number(negated), into);
  }

  selectLike(fields: number, selection: number, count: number, program: number, negated: boolean, into: number): number {
    return this.#exports.selectLike(fields, selection, count, program, Number(negated), into);
  }

  selectIn(fields: number, selection: number, count: number, set: number, size: number, negated: boolean, into: number): number {
    return this.#exports.selectIn(fields, selection, count, set, size, Number(negated), into);
  }

  selectPresent(fields: number, selection: number, count: number, negated: boolean, into: number): number {
    return this.#exports.selectPresent(fields, selection, count, Number(negated), into);
  }

  selectContaining(rows: number, column: number, needle: number, length: number, fields: number, flags: number, into: number): number {
    return this.#exports.selectContaining(rows, column, needle, length, fields, flags, into);
  }

  writeRecords(selection: number, count: number, style: number, out: number, end: number): void {
    this.#exports.writeRecords(selection, count, style, out, end);
  }

  writeCsv(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void {
    this.#exports.writeCsv(list, columns, selection, count, style, out, end);
  }

  writeCells(list: number, columns: number, selection: number, count: number, style: number, out: number, end: number): void {
    this.#exports.writeCells(list, columns, selection, count, style, out, end);
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
    this.#exports.writeJson(list, columns, keys, forms, selection, count, style, out, end);
  }

  written(): WriteResult {
    const exports = this.#exports;
    return { rows: exports.writtenRows(), end: exports.writtenEnd() >>> 0, blocked: exports.writeBlocked() !== 0 };
  }

  utf8Error(start: number, end: number): number {
    return this.#exports.utf8Error(start, end);
  }
}
