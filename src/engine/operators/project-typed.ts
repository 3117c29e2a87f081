/** Output rows of typed columns: values as fields, written by the kernels that write columns. */
import type { ErrorValue } from '../../base/errors.ts';
import { styleOf } from '../../formats/csv-dialect.ts';
import { putText } from '../../formats/csv-write.ts';
import type { Scan } from '../../formats/scan.ts';
import { canWrite } from '../../kernels/constants.ts';
import type { ThreadKernels } from '../../kernels/load.ts';
import { FIELD_STATES, rowState } from '../../kernels/value-kernels.ts';
import type { Expression } from '../../sql/expression.ts';
import type { ProjectionItem } from '../../sql/plan.ts';
import { csvText } from '../../vector/text.ts';
import { Failure } from '../../vector/value.ts';
import { type Selection, valueAt } from '../../vector/vector.ts';
import { type Compiled, compileExpression, type EvaluationContext } from '../evaluate.ts';
import type { Program } from '../task.ts';
import { compileTyped } from '../typed/compile.ts';
import { type Frame, ownTexts } from '../typed/frame.ts';
import type { Machine, TypedNode } from '../typed/node.ts';
import { doubtfulRows, textAt } from '../typed/values.ts';
import type { KernelWrite } from './row-forms.ts';

/** The rows of a batch that can be written so, and the error of the row behind them. */
export interface TypedBatch {
  readonly write: KernelWrite;
  readonly rows: number;
  readonly error: ErrorValue | null;
}

/** Prepares the first `wanted` selected rows; null where the batch must be written another way. */
export type TypedWrite = (scan: Scan, wanted: number) => TypedBatch | null;

/** More than the style and the list of columns take. */
const CONSTANT_BYTES = 1024;

interface Column {
  readonly node: TypedNode;
  readonly general: Compiled;
}

/** Null where an item has no typed column, or JSON would need more than strings. */
export function compileTypedWrite(
  program: Program,
  items: readonly ProjectionItem[],
  thread: ThreadKernels,
  machine: Machine,
  context: EvaluationContext,
): TypedWrite | null {
  const { output } = program;
  const json = output.format === 'json';
  const columns = compileColumns(items, machine, context);
  if (columns === null || (json ? columns.some(({ node }) => node.kind !== 'text') : !canWrite(styleOf(output)))) return null;
  const { constants, memory } = thread;
  const names = json ? items.map((item) => Buffer.from(`${JSON.stringify(item.kind === 'record' ? '' : item.name)}:`)) : [];
  if (machine.room < names.reduce((sum, name) => sum + 32 + name.length, CONSTANT_BYTES)) return null;
  const list = constants.take(4 * columns.length) >> 2;
  const style = json ? constants.recordDelimiter(Buffer.from(output.recordDelimiter)) : constants.style(styleOf(output), false);
  const keys = constants.fields(names);
  return (scan, wanted) => {
    const batch = new Batch(machine, scan, scan.selected().subarray(0, wanted), json);
    machine.reset();
    for (let at = 0; at < columns.length; at++) {
      const { node, general } = columns[at]!;
      node.run(scan, batch.rows, at);
      if (!batch.toFields(node, at, general)) return null;
      memory.u32[list + at] = machine.frames[at]!.fields;
    }
    const { kernels } = scan;
    const write: KernelWrite = (selection, count, at, end) => {
      if (json) kernels.writeJson(4 * list, columns.length, keys, 0, selection, count, style, at, end);
      else kernels.writeCsv(4 * list, columns.length, selection, count, style, at, end);
      return kernels.written();
    };
    return { write, rows: batch.rows.length, error: batch.error };
  };
}

/** Item `i` is left in frame `i`. */
function compileColumns(items: readonly ProjectionItem[], machine: Machine, context: EvaluationContext): readonly Column[] | null {
  const columns: Column[] = [];
  for (const item of items) {
    const node = item.kind === 'record' || isToken(item.expression) ? null : compileTyped(item.expression, machine);
    if (item.kind === 'record' || node === null || columns.length + node.frames > machine.frames.length) return null;
    columns.push({ node, general: compileExpression(item.expression, context) });
  }
  return columns;
}

/** A field of JSON is written as the token it is. */
function isToken(expression: Expression): boolean {
  return expression.op === 'column' && expression.type === 'any';
}

class Batch {
  readonly #machine: Machine;
  readonly #scan: Scan;
  readonly #json: boolean;
  /** The rows before the first failing one. */
  rows: Selection;
  error: ErrorValue | null = null;

  constructor(machine: Machine, scan: Scan, rows: Selection, json: boolean) {
    this.#machine = machine;
    this.#scan = scan;
    this.rows = rows;
    this.#json = json;
  }

  /** Turns a frame into fields of its own, every row decided; false where that cannot be. */
  toFields(node: TypedNode, at: number, general: Compiled): boolean {
    const frame = this.#machine.frames[at]!;
    const doubtful = doubtfulRows(this.#machine, node.kind, frame, this.rows);
    const texts = node.kind === 'text' ? this.#ownFields(frame) : this.#spell(node, frame);
    return texts && this.#decide(frame, doubtful, general);
  }

  /** NULL is empty in CSV, as MISSING is; in JSON only MISSING is a matter of fields. */
  #ownFields(frame: Frame): boolean {
    const { u32 } = this.#machine.memory;
    const { rows } = this;
    const { fields, step, words } = frame;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const field = (fields + row * step) >> 2;
      const length = u32[field + 1]!;
      if (this.#json && length === 2 ** 32 - rowState.null) return false;
      words[2 * row] = u32[field]!;
      words[2 * row + 1] = length < FIELD_STATES || this.#json ? length : 0;
    }
    ownTexts(frame);
    return true;
  }

  /** Writes the text of each value of a frame of another kind. */
  #spell({ kind }: TypedNode, frame: Frame): boolean {
    const { words, states, clean } = frame;
    const { rows } = this;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const isValue = kind === 'truth' ? states[row]! <= 1 : clean || states[row] === rowState.value;
      const text = isValue ? textAt(frame, kind, row) : '';
      if (!this.#put(words, row, text)) return false;
    }
    ownTexts(frame);
    return true;
  }

  /** The values of the rows in doubt; the first failing one ends the batch. */
  #decide(frame: Frame, doubtful: Selection, general: Compiled): boolean {
    if (doubtful.length === 0) return true;
    const vector = general(this.#scan, doubtful);
    for (let i = 0; i < doubtful.length; i++) {
      const row = doubtful[i]!;
      const value = valueAt(vector, i);
      if (value instanceof Failure) {
        this.error = value.error;
        this.rows = this.rows.subarray(0, this.rows.indexOf(row));
        return true;
      }
      if (this.#json && typeof value !== 'string') return false;
      if (!this.#put(frame.words, row, csvText(value))) return false;
    }
    return true;
  }

  #put(words: Uint32Array, row: number, text: string): boolean {
    const { texts, texts_end, memory } = this.#machine;
    const end = putText(text, memory.u8, texts, texts_end);
    if (end < 0) return false;
    words[2 * row] = texts;
    words[2 * row + 1] = end - texts;
    this.#machine.texts = end;
    return true;
  }
}
