/** Output of JSON records: tokens stay as they are written. */
import { styleOf } from '../../formats/csv-dialect.ts';
import type { OutputFormat } from '../../formats/format.ts';
import type { Scan } from '../../formats/scan.ts';
import { canWrite } from '../../kernels/constants.ts';
import type { JsonKernels } from '../../kernels/json-kernels.ts';
import type { WriteResult } from '../../kernels/kernels.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
import type { ProjectionItem } from '../../sql/plan.ts';
import { decodeToken } from '../../vector/json.ts';
import { memberTokens } from '../../vector/json-path.ts';
import { compactJson, unquoteString } from '../../vector/json-text.ts';
import { JsonValue } from '../../vector/json-value.ts';
import { Failure, type SqlValue } from '../../vector/value.ts';
import type { Selection, Vector } from '../../vector/vector.ts';
import type { KernelWrite, RecordMembers } from './row-forms.ts';

/** How whole records, or bare columns, are copied as tokens; null where items are neither or the output is none of the common ones. */
export function compileTokenWrite(
  output: OutputFormat,
  items: readonly ProjectionItem[],
  { constants, memory }: ThreadKernels,
): (scan: Scan) => KernelWrite | null {
  if (output.format === 'csv' && !canWrite(styleOf(output))) return () => null;
  const style =
    output.format === 'csv' ? constants.style(styleOf(output), false) : constants.recordDelimiter(Buffer.from(output.recordDelimiter));
  const asCsv = output.format === 'csv';
  if (items.length === 1 && items[0]!.kind === 'record') {
    return ({ kernels: { json } }) =>
      (selection, count, at, end) => {
        if (asCsv) json.jsonWriteCsvRecords(selection, count, style, at, end);
        else json.jsonWriteRecords(selection, count, style, at, end);
        return written(json);
      };
  }
  const slots = items.map((item) => (item.kind === 'expression' && item.expression.op === 'column' ? item.expression.slot : null));
  if (slots.includes(null)) return () => null;
  const list = constants.take(4 * slots.length);
  const keys = asCsv
    ? 0
    : constants.fields(items.map((item) => Buffer.from(`${JSON.stringify(item.kind === 'record' ? '' : item.name)}:`)));
  return (scan) => {
    const { json } = scan.kernels;
    slots.forEach((slot, index) => {
      memory.u32[(list >> 2) + index] = scan.fields(slot!);
    });
    return (selection, count, at, end) => {
      if (asCsv) json.jsonWriteCsv(list, slots.length, selection, count, style, at, end);
      else json.jsonWriteColumns(list, slots.length, keys, selection, count, style, at, end);
      return written(json);
    };
  };
}

function written(json: JsonKernels): WriteResult {
  return { rows: json.jsonWrittenRows(), end: json.jsonWrittenEnd() >>> 0, blocked: json.jsonBlocked() !== 0 };
}

/** A column to be written: numbers and what is nested, and strings where the output is JSON, as they stand in the object. */
export function tokenVector(scan: Scan, slot: number, rows: Selection, output: OutputFormat): Vector {
  const fields = scan.fields(slot);
  return { kind: 'values', values: Array.from(rows, (row) => writtenValue(scan.readField(fields, row), output, scan.offsetOf(row))) };
}

/** The members of a whole record: those of an object, anything else as the only one, MISSING as none. */
export function recordValues(scan: Scan, row: number, output: OutputFormat): RecordMembers | Failure {
  const token = scan.readField(scan.recordFields(), row);
  if (token === undefined) return { names: [], values: [] };
  const offset = scan.offsetOf(row);
  const value = writtenValue(token, output, offset);
  if (value instanceof Failure) return value;
  if (!(value instanceof JsonValue) || !value.json.startsWith('{')) return { names: ['_1'], values: [value] };
  const members = memberTokens(value.json);
  return { names: members.map(([key]) => unquoteString(key)), values: members.map(([, member]) => writtenValue(member, output, offset)) };
}

function writtenValue(token: string | undefined, output: OutputFormat, offset: number): SqlValue {
  if (token === undefined) return undefined;
  if (token === 'null') return null;
  if (output.format === 'csv' && token.startsWith('"')) return decodeToken(token);
  const compact = compactJson(token);
  return compact === null ? new Failure({ code: 'JSONParsingError', params: { offset } }) : new JsonValue(compact);
}
