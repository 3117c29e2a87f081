/**
 * Output rows of a batch. Four ways, the fastest that is right: whole records copied, columns copied as bytes, typed columns, values evaluated
 * and written one record at a time. A way that meets a record it cannot write hands that one to the next.
 */
import { assert } from '../../base/assert.ts';
import { type ErrorValue, SelectError } from '../../base/errors.ts';
import { styleOf } from '../../formats/csv-dialect.ts';
import type { CsvInput, CsvOutput, OutputFormat } from '../../formats/format.ts';
import { resultWriter } from '../../formats/result-writer.ts';
import type { Scan } from '../../formats/scan.ts';
import { canWrite } from '../../kernels/constants.ts';
import { indexFlag } from '../../kernels/kernels.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
import type { ProjectionItem } from '../../sql/plan.ts';
import { headerOf } from '../../vector/schema.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import { type Selection, type Vector, valueAt } from '../../vector/vector.ts';
import { type Compiled, compileExpression, type EvaluationContext } from '../evaluate.ts';
import type { Output } from '../output.ts';
import type { Program } from '../task.ts';
import type { Machine } from '../typed/node.ts';
import { compileTokenWrite, recordValues, tokenVector } from './project-json.ts';
import { compileTypedWrite } from './project-typed.ts';
import { Records } from './record.ts';
import type { KernelWrite, RecordMembers } from './row-forms.ts';

/** What became of a batch: rows written of those asked for, and the error that stopped it. */
export interface Written {
  readonly rows: number;
  readonly error: ErrorValue | null;
}

/** Writes the first `wanted` selected rows, or as many as the output has room for. */
export type Project = (scan: Scan, output: Output, wanted: number) => Written;

/** `machine`: what typed expressions run on, if any. */
export function compileProjection(
  program: Program,
  items: readonly ProjectionItem[],
  thread: ThreadKernels,
  machine: Machine | null,
  context: EvaluationContext,
): Project {
  const records = program.input.format === 'csv' ? new Records(thread, program.schema) : null;
  const general = compileGeneral(program, items, records, thread, context);
  const fast = compileCopy(program, items, records, thread);
  const typed = machine === null ? null : compileTypedWrite(program, items, thread, machine, context);
  return (scan, output, wanted) => {
    const write = fast(scan);
    if (write !== null) return writeByKernel(write, general, scan, output, wanted, thread);
    const batch = typed?.(scan, wanted) ?? null;
    if (batch === null) return general(scan, scan.selected().slice(0, wanted), output);
    const written = writeByKernel(batch.write, general, scan, output, batch.rows, thread);
    return written.rows === batch.rows && written.error === null ? { ...written, error: batch.error } : written;
  };
}

/** How bytes of the object are copied to the output; null for a batch that cannot be written so. */
function compileCopy(
  program: Program,
  items: readonly ProjectionItem[],
  records: Records | null,
  thread: ThreadKernels,
): (scan: Scan) => KernelWrite | null {
  switch (program.input.format) {
    case 'csv':
      return compileTextWrite(program, program.input, items, records!, thread);
    case 'json':
      return compileTokenWrite(program.output, items, thread);
    case 'parquet':
      return () => null;
  }
}

type GeneralWrite = (scan: Scan, rows: Selection, output: Output) => Written;

function writeByKernel(
  write: KernelWrite,
  general: GeneralWrite,
  scan: Scan,
  output: Output,
  wanted: number,
  { memory }: ThreadKernels,
): Written {
  const selection = scan.selection === 0 ? memory.layout.identity : scan.selection;
  let rows = 0;
  while (rows < wanted) {
    const end = output.recordEnd;
    const written = write(selection + 4 * rows, wanted - rows, output.at, end);
    rows += written.rows;
    output.at = written.end;
    if (rows === wanted) break;
    const bounded = end < output.end;
    if (written.blocked || (written.rows === 0 && (output.isEmpty || bounded))) {
      const one = general(scan, scan.selected().slice(rows, rows + 1), output);
      if (one.rows === 0) return { rows, error: one.error };
      rows++;
    } else if (!bounded && !output.makeRoom()) break;
  }
  return { rows, error: null };
}

/** Fields of CSV as bytes; for a batch that cannot be written so, null. */
function compileTextWrite(
  program: Program,
  input: CsvInput,
  items: readonly ProjectionItem[],
  records: Records,
  thread: ThreadKernels,
): (scan: Scan) => KernelWrite | null {
  const copy = compileRecordCopy(input, program.output, items, thread);
  const columns = compileColumnWrite(program, items, records, thread);
  return (scan) => {
    const write = copy?.(scan) ?? columns?.(scan) ?? null;
    return write === null
      ? null
      : (selection, count, at, end) => {
          write(selection, count, at, end);
          return scan.kernels.written();
        };
  };
}

/** A writing kernel; its result is in the kernels' `written()`. */
type TextWrite = (selection: number, count: number, at: number, end: number) => void;

/** `SELECT *` from CSV to the same CSV: where a batch has no quotes, its records are the output. */
function compileRecordCopy(
  input: CsvInput,
  output: OutputFormat,
  items: readonly ProjectionItem[],
  thread: ThreadKernels,
): ((scan: Scan) => TextWrite | null) | null {
  if (items.length !== 1 || items[0]!.kind !== 'record' || output.format !== 'csv' || !isSameText(input, output)) return null;
  const style = thread.constants.style(styleOf(output), output.recordDelimiter === input.recordDelimiter);
  return ({ flags, kernels }) =>
    flags & indexFlag.quote ? null : (selection, count, at, end) => kernels.writeRecords(selection, count, style, at, end);
}

/** Whether a record without quotes and CR is the same text in both dialects. */
function isSameText(input: CsvInput, output: CsvOutput): boolean {
  return (
    output.quoteFields === 'asneeded' &&
    input.recordDelimiter === '\n' &&
    (output.recordDelimiter === '\n' || output.recordDelimiter === '\r\n') &&
    output.fieldDelimiter === input.fieldDelimiter &&
    (output.quote === input.quote || output.quote === '') &&
    canWrite(styleOf(output))
  );
}

/** Columns and whole records, copied as bytes. */
function compileColumnWrite(
  program: Program,
  items: readonly ProjectionItem[],
  records: Records,
  { constants, memory }: ThreadKernels,
): ((scan: Scan) => TextWrite | null) | null {
  const { output, schema } = program;
  const slots = items.map(columnOf);
  if (slots.includes(null) || (output.format === 'csv' && !canWrite(styleOf(output)))) return null;
  const widest = items.reduce((sum, { kind }) => sum + (kind === 'record' ? records.columns_max : 1), 0);
  const list = constants.take(4 * widest);
  const style =
    output.format === 'csv' ? constants.style(styleOf(output), false) : constants.recordDelimiter(Buffer.from(output.recordDelimiter));
  const keys = output.format === 'json' ? new Keys(constants, items, headerOf(schema), records.columns_max) : null;
  return (scan) => {
    const recordColumns = slots.includes('record') ? records.uniform(scan) : 0;
    if (recordColumns === null) return null;
    let columns = 0;
    const add = (fields: number): void => {
      memory.u32[(list >> 2) + columns] = fields;
      columns++;
    };
    for (const slot of slots) {
      if (slot !== 'record') add(scan.fields(slot!));
      else for (let column = 0; column < recordColumns; column++) add(scan.recordFields() + column * scan.stride);
    }
    const { kernels } = scan;
    if (keys === null) return (selection, count, at, end) => kernels.writeCsv(list, columns, selection, count, style, at, end);
    const address = keys.of(recordColumns);
    return (selection, count, at, end) => kernels.writeJson(list, columns, address, 0, selection, count, style, at, end);
  };
}

function columnOf(item: ProjectionItem): number | 'record' | null {
  if (item.kind === 'record') return 'record';
  const { expression } = item;
  return expression.op === 'column' && expression.type === 'untyped' ? expression.slot : null;
}

/** Encoded keys of JSON output, for records of a given number of columns. */
class Keys {
  readonly #constants: ThreadKernels['constants'];
  readonly #items: readonly ProjectionItem[];
  readonly #names: readonly string[] | null;
  readonly #encoded = new Map<number, number>();

  constructor(
    constants: ThreadKernels['constants'],
    items: readonly ProjectionItem[],
    names: readonly string[] | null,
    columns_max: number,
  ) {
    this.#constants = constants;
    this.#items = items;
    this.#names = names;
    const expected = items.some(({ kind }) => kind === 'record') ? (names?.length ?? 0) : 0;
    if (expected <= columns_max) this.of(expected);
  }

  of(columns: number): number {
    let address = this.#encoded.get(columns);
    if (address === undefined) {
      const keys = this.#items.flatMap((item) => (item.kind === 'record' ? Records.names(this.#names, columns) : [item.name]));
      address = this.#constants.fields(keys.map((key) => Buffer.from(`${JSON.stringify(key)}:`)));
      this.#encoded.set(columns, address);
    }
    return address;
  }
}

/** Any expressions, as values, one record at a time. */
function compileGeneral(
  { input, output: format, schema, record_bytes_max }: Program,
  items: readonly ProjectionItem[],
  records: Records | null,
  { memory }: ThreadKernels,
  context: EvaluationContext,
): GeneralWrite {
  const writer = resultWriter(format);
  const compiled = items.map((item): Compiled | null => {
    if (item.kind === 'record') return null;
    const { expression } = item;
    // why: a column that is written as it is keeps its token.
    if (input.format === 'json' && expression.op === 'column')
      return (scan, rows) => tokenVector(scan as Scan, expression.slot, rows, format);
    // why: on Amazon a NULL of Parquet leaves its key out.
    if (input.format === 'parquet' && expression.op === 'column') return (scan, rows) => withoutNulls(scan.read(expression.slot, rows));
    return compileExpression(expression, context);
  });
  const fixedNames = items.some(({ kind }) => kind === 'record') ? null : items.map((item) => (item.kind === 'record' ? '' : item.name));
  const header = headerOf(schema);
  const membersOf = (scan: Scan, row: number): RecordMembers | Failure => {
    if (records === null) return recordValues(scan, row, format);
    const values = records.fieldsOf(scan, row);
    return { names: Records.names(header, values.length), values };
  };
  return (scan, rows, output) => {
    const vectors = compiled.map((evaluate) => evaluate?.(scan, rows) ?? null);
    for (let index = 0; index < rows.length; index++) {
      const { names, values, failure } = rowOf(items, vectors, index, () => membersOf(scan, rows[index]!));
      if (failure !== null) return { rows: index, error: failure.error };
      const write = (at: number, end: number): number => writer.write(fixedNames ?? names, values, memory.u8, at, end);
      const result = writeOne(write, output);
      if (result === 'full') return { rows: index, error: null };
      if (result === 'long')
        return {
          rows: index,
          error: new SelectError('OverMaxRecordSize', { bytes_max: record_bytes_max, offset: scan.offsetOf(rows[index]!) }).toValue(),
        };
    }
    return { rows: rows.length, error: null };
  };
}

function withoutNulls(vector: Vector): Vector {
  return vector.kind === 'constant' ? vector : { kind: 'values', values: vector.values.map((value) => value ?? undefined) };
}

interface Row {
  readonly names: string[];
  readonly values: SqlValue[];
  readonly failure: Failure | null;
}

function rowOf(
  items: readonly ProjectionItem[],
  vectors: readonly (Vector | null)[],
  index: number,
  members: () => RecordMembers | Failure,
): Row {
  const names: string[] = [];
  const values: SqlValue[] = [];
  for (let column = 0; column < items.length; column++) {
    const item = items[column]!;
    const vector = vectors[column]!;
    if (item.kind === 'record') {
      assert(vector === null, 'a record has no vector');
      const record = members();
      if (record instanceof Failure) return { names, values, failure: record };
      values.push(...record.values);
      names.push(...record.names);
      continue;
    }
    const value = valueAt(vector!, index);
    if (value instanceof Failure) return { names, values, failure: value };
    names.push(item.name);
    values.push(value);
  }
  return { names, values, failure: null };
}

function writeOne(write: (at: number, end: number) => number, output: Output): 'written' | 'full' | 'long' {
  for (;;) {
    const end = write(output.at, output.recordEnd);
    if (end >= 0) {
      output.at = end;
      return 'written';
    }
    if (output.isEmpty) return output.writeLong(write) ? 'written' : 'long';
    if (!output.makeRoom()) return 'full';
  }
}
