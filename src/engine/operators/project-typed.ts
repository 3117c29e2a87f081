/** Output rows of typed columns: values as fields, written by the kernels that write columns. */
import { styleOf } from '../../formats/csv-dialect.ts';
import type { CsvOutput, OutputFormat } from '../../formats/format.ts';
import type { Scan } from '../../formats/scan.ts';
import { canWrite } from '../../kernels/constants.ts';
import { jsonForm, NO_QUOTES } from '../../kernels/kernels.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
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
  const list = constants.take(4 * columns.length) >> 2;
  const style = json ? constants.recordDelimiter(Buffer.from(output.recordDelimiter)) : constants.style(styleOf(output), false);
  const keys = constants.fields(names);
  const forms = constants.bytes(Uint8Array.from(columns, ({ form }) => form));
  return (scan, wanted) => {
    const batch = new Batch(machine, scan, scan.selected().subarray(0, wanted), json);
    machine.reset();
    for (let index = 0; index < columns.length; index++) {
      const fields = columns[index]!.fieldsOf(batch);
      if (fields === null) return null;
      memory.u32[list + index] = fields;
    }
    const { kernels } = scan;
    const write: KernelWrite = (selection, count, at, end) => {
      if (json) kernels.writeJson(4 * list, columns.length, keys, forms, selection, count, style, at, end);
      else kernels.writeCsv(4 * list, columns.length, selection, count, style, at, end);
      return kernels.written();
    };
    return { write, rows: batch.rows.length, error: batch.error };
  };
}

function compileColumns(
  items: readonly ProjectionItem[],
  output: OutputFormat,
  machine: Machine,
  context: EvaluationContext,
): readonly Column[] | null {
  const columns: Column[] = [];
  let frames = 0;
  let fast = false;
  for (const item of items) {
    if (item.kind === 'record' || isToken(item.expression)) return null;
    const { expression } = item;
    const bare = bareColumn(expression, output);
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

/** A field of JSON is written as the token it is. */
function isToken(expression: Expression): boolean {
  return expression.op === 'column' && expression.type === 'any';
}

/** A column of a typed format. Its NULLs leave their keys out of JSON, as on Amazon. */
function bareColumn(expression: Expression, output: OutputFormat): Column | null {
  if (expression.op !== 'column' || expression.type === 'untyped' || expression.type === 'any') return null;
  const { slot, type } = expression;
  const isField = type === 'string' || type === 'list' || type === 'struct';
  const plain = output.format === 'csv' && !isField && keepsValuesPlain(output) ? NO_QUOTES : 0;
  return {
    form: jsonForm.sparse | (type === 'string' ? jsonForm.text : jsonForm.token),
    fieldsOf: ({ scan: { typed } }) => (isField ? typed!.load(slot).values : typed!.texts(slot, output.format) + plain),
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
    fieldsOf(batch) {
      node.run(batch.scan, batch.rows, at);
      return batch.frameFields(node, at, general);
    },
  };
}

/** What only the general evaluator computes. */
function evaluatedColumn(general: Compiled, at: number): Column {
  return { form: jsonForm.token, fieldsOf: (batch) => batch.valueFields(at, general) };
}
