/** Output rows of typed columns: values as fields, written by the kernels that write columns. */
import { styleOf } from '../../formats/csv-dialect.ts';
import type { CsvOutput, OutputFormat } from '../../formats/format.ts';
import type { CsvColumn, Scan } from '../../formats/scan.ts';
import { COLUMN_BYTES, columnForm } from '../../kernels/cell-kernels.ts';
import { canWrite } from '../../kernels/constants.ts';
import { jsonForm } from '../../kernels/kernels.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
import type { Memory } from '../../kernels/memory.ts';
import type { Expression } from '../../sql/expression.ts';
import type { ProjectionItem } from '../../sql/plan.ts';
import { type Compiled, compileExpression, type EvaluationContext } from '../evaluate.ts';
import type { Program } from '../task.ts';
import { compileTyped } from '../typed/compile.ts';
import type { Machine, TypedNode } from '../typed/node.ts';
import { Batch } from './project-batch.ts';
import type { KernelWrite, TypedRows } from './row-forms.ts';

/** Prepares the first `wanted` selected rows; null where the batch must be written another way. */
export type TypedWrite = (scan: Scan, wanted: number) => TypedRows | null;

/** More than the style and the list of columns take. */
const CONSTANT_BYTES = 1024;

/** An item of the output, as fields. */
interface Column {
  readonly form: number;
  /** A column of the object, if it is one and is written once. */
  readonly bare: CsvColumn | null;
  /** Address of its fields; null where it cannot be. */
  readonly fieldsOf: (batch: Batch) => number | null;
}

/** Null where no item has a typed column, or one can be nothing but the token it is. */
export function compileTypedWrite(
  program: Program,
  items: readonly ProjectionItem[],
  thread: ThreadKernels,
  machine: Machine,
  context: EvaluationContext,
): TypedWrite | null {
  const { output } = program;
  const json = output.format === 'json';
  const columns = compileColumns(items, output, machine, context);
  if (columns === null || (output.format === 'csv' && !canWrite(styleOf(output)))) return null;
  const { constants, memory } = thread;
  const names = json ? items.map((item) => Buffer.from(`${JSON.stringify(item.kind === 'record' ? '' : item.name)}:`)) : [];
  if (machine.room < names.reduce((sum, name) => sum + 32 + name.length, CONSTANT_BYTES)) return null;
  const list = constants.take(COLUMN_BYTES * columns.length);
  const parts = neighbours(columns);
  const style = json ? constants.recordDelimiter(Buffer.from(output.recordDelimiter)) : constants.style(styleOf(output), false);
  const keys = constants.fields(names);
  const forms = constants.bytes(Uint8Array.from(columns, ({ form }) => form));
  return (scan, wanted) => {
    const batch = new Batch(machine, scan, scan.selected().subarray(0, wanted), json);
    machine.reset();
    const listed = json ? listFields(columns, batch, memory, list) : listColumns(parts, batch, memory, style, list);
    if (listed === null) return null;
    const { kernels } = scan;
    const write: KernelWrite = (selection, count, at, end) => {
      if (json) kernels.writeJson(list, listed, keys, forms, selection, count, style, at, end);
      else kernels.writeCells(list, listed, selection, count, style, at, end);
      return kernels.written();
    };
    return { write, rows: batch.rows.length, error: batch.error };
  };
}

/** Lists the addresses of fields, for `writeJson`; answers how many, or null where some cannot be had. */
function listFields(columns: readonly Column[], batch: Batch, { u32 }: Memory, list: number): number | null {
  for (let index = 0; index < columns.length; index++) {
    const fields = columns[index]!.fieldsOf(batch);
    if (fields === null) return null;
    u32[(list >> 2) + index] = fields;
  }
  return columns.length;
}

/** The same of descriptions, for `writeCells`. */
function listColumns(parts: readonly Part[], batch: Batch, { u32 }: Memory, style: number, list: number): number | null {
  let listed = 0;
  for (const part of parts) {
    const at = list + COLUMN_BYTES * listed;
    if ('bare' in part) {
      const fields = part.fieldsOf(batch);
      if (fields === null) return null;
      u32.set([columnForm.fields, fields, 0, 0], at >> 2);
      listed++;
    } else listed += batch.scan.typed!.csvColumns(part, style, at);
  }
  return listed;
}

/** Neighbouring columns of the object, or a column of another kind. */
type Part = readonly CsvColumn[] | Column;

function neighbours(columns: readonly Column[]): Part[] {
  const parts: (CsvColumn[] | Column)[] = [];
  for (const column of columns) {
    const last = parts.at(-1);
    if (column.bare === null) parts.push(column);
    else if (Array.isArray(last)) last.push(column.bare);
    else parts.push([column.bare]);
  }
  return parts;
}

function compileColumns(
  items: readonly ProjectionItem[],
  output: OutputFormat,
  machine: Machine,
  context: EvaluationContext,
): readonly Column[] | null {
  const columns: Column[] = [];
  const repeated = repeatedSlots(items);
  let frames = 0;
  let fast = false;
  for (const item of items) {
    if (item.kind === 'record' || isToken(item.expression)) return null;
    const { expression } = item;
    const bare = bareColumn(expression, output, repeated);
    if (bare !== null) {
      columns.push(bare);
      fast = true;
      continue;
    }
    const node = compileTyped(expression, machine);
    if (frames + (node?.frames ?? 1) > machine.frames.length) return null;
    const general = compileExpression(expression, context);
    columns.push(node === null ? evaluatedColumn(general, frames) : computedColumn(node, general, frames));
    fast ||= node !== null;
    frames++;
  }
  return fast ? columns : null;
}

/** Columns that are written more than once. */
function repeatedSlots(items: readonly ProjectionItem[]): Set<number> {
  const slots = items.flatMap((item) => (item.kind === 'expression' && item.expression.op === 'column' ? [item.expression.slot] : []));
  const seen = new Set<number>();
  return new Set(slots.filter((slot) => seen.size === seen.add(slot).size));
}

/** A field of JSON is written as the token it is. */
function isToken(expression: Expression): boolean {
  return expression.op === 'column' && expression.type === 'any';
}

/** A column of a typed format. Its NULLs leave their keys out of JSON, as on Amazon. */
function bareColumn(expression: Expression, output: OutputFormat, repeated: ReadonlySet<number>): Column | null {
  if (expression.op !== 'column' || expression.type === 'untyped' || expression.type === 'any') return null;
  const { slot, type } = expression;
  const isField = type === 'string' || type === 'list' || type === 'struct';
  const isPlain = output.format === 'csv' && !isField && !styleOf(output).always && keepsValuesPlain(output);
  return {
    form: jsonForm.sparse | (type === 'string' ? jsonForm.text : jsonForm.token),
    // why: what is made of a column for one place may not do for another.
    bare: repeated.has(slot) ? null : { slot, isField, isPlain },
    fieldsOf: ({ scan: { typed } }) => (isField ? typed!.load(slot).values : typed!.texts(slot, output.format)),
  };
}

/** Whether no character that structures the output can stand in a number, a truth value or a timestamp. */
function keepsValuesPlain(output: CsvOutput): boolean {
  return !/[\w+\-.:]/.test(output.recordDelimiter + output.fieldDelimiter + output.quote + output.escape);
}

/** What is left in frame `at`. */
function computedColumn(node: TypedNode, general: Compiled, at: number): Column {
  return {
    form: node.kind === 'text' ? jsonForm.text : jsonForm.token,
    bare: null,
    fieldsOf(batch) {
      node.run(batch.scan, batch.rows, at);
      return batch.frameFields(node, at, general);
    },
  };
}

/** What only the general evaluator computes. */
function evaluatedColumn(general: Compiled, at: number): Column {
  return { form: jsonForm.token, bare: null, fieldsOf: (batch) => batch.valueFields(at, general) };
}
