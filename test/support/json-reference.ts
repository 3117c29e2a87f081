/**
 * Whole queries over JSON text by JSON.parse-like means: root values cut by a plain loop, records by following FROM on trees of
 * tokens, one row at a time. Shares the plan, the expressions and the writers with the engine, and nothing of its scan.
 */
import { SelectError } from '../../src/base/errors.ts';
import { accumulate, initialPartials } from '../../src/engine/aggregate.ts';
import { compileExpression, filterRows } from '../../src/engine/evaluate.ts';
import { finalRow } from '../../src/engine/final-row.ts';
import type { OutputFormat } from '../../src/formats/format.ts';
import { resultWriter } from '../../src/formats/result-writer.ts';
import { compileQuery } from '../../src/sql/compile.ts';
import type { ColumnRef, Plan, ProjectionItem } from '../../src/sql/plan.ts';
import { decodeToken } from '../../src/vector/json.ts';
import { elementTokens, followPath, memberTokens } from '../../src/vector/json-path.ts';
import { compactJson, unquoteString } from '../../src/vector/json-text.ts';
import type { PathStep } from '../../src/vector/path.ts';
import { Failure, type SqlValue } from '../../src/vector/value.ts';
import { type Columns, valueAt } from '../../src/vector/vector.ts';

const context = { utcnow_ms: 0 };
const record_bytes_max = 1024 * 1024;

/** The output of a query over a text of JSON values; the code of an error behind the rows before it. */
export function answerOfReference(text: string, sql: string, output: OutputFormat): string {
  const out: string[] = [];
  try {
    const plan = compileQuery(sql, { kind: 'open' });
    const records = recordsOf(rootTokens(text), plan.source);
    if (plan.projection.kind === 'aggregation') return aggregateOf(plan, records, output);
    for (const record of kept(plan, records).slice(0, plan.limit ?? undefined)) {
      if (record instanceof Failure) throw SelectError.fromValue(record.error);
      out.push(rowOf(plan, plan.projection.items, record.token, output));
    }
  } catch (error) {
    if (!(error instanceof SelectError)) throw error;
    out.push(`${error.code}\n`);
  }
  return out.join('');
}

/** The compact tokens of the values that stand one after the other, with whitespace or nothing between them. */
function rootTokens(text: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; ) {
    if (/[ \n\r\t\ufeff]/.test(text.charAt(at))) {
      at++;
      continue;
    }
    const end = endOfRoot(text, at);
    const token = compactJson(text.slice(at, end));
    if (token === null) throw new SelectError('JSONParsingError', {});
    tokens.push(token);
    at = end;
  }
  return tokens;
}

/** Records that FROM reaches, in order; undefined is MISSING. */
function recordsOf(roots: readonly string[], source: readonly PathStep[]): (string | undefined)[] {
  return source.reduce<(string | undefined)[]>((records, step) => records.flatMap((record) => expand(record, step)), [...roots]);
}

interface Row {
  readonly token: string | undefined;
}

function endOfRoot(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
      if (!inString && depth === 0) return at + 1;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') {
      if (--depth <= 0) return at + 1;
    } else if (depth === 0 && /[ \n\r\t]/.test(character)) return at;
    else if (depth === 0 && /["[{]/.test(text.charAt(at + 1))) return at + 1;
  }
  return text.length;
}

function expand(record: string | undefined, step: PathStep): (string | undefined)[] {
  const inList = record?.startsWith('[') === true;
  const inStruct = record?.startsWith('{') === true;
  switch (step.kind) {
    case 'elements':
      return inList ? elementTokens(record) : [record];
    case 'members':
      return inStruct ? memberTokens(record).map(([, value]) => value) : [record];
    case 'index':
      return [inList ? elementTokens(record)[step.index] : undefined];
    case 'member': {
      const isNamed = ([key]: [string, string]): boolean =>
        step.exact ? unquoteString(key) === step.name : unquoteString(key).toLowerCase() === step.name;
      return [inStruct ? memberTokens(record).find(isNamed)?.[1] : undefined];
    }
  }
}

/** The rows where WHERE is TRUE; a failure ends them. */
function kept(plan: Plan, records: readonly (string | undefined)[]): (Row | Failure)[] {
  if (plan.empty) return [];
  const { filter } = plan;
  if (filter === null) return records.map((token) => ({ token }));
  const condition = compileExpression(filter, context);
  const rows: (Row | Failure)[] = [];
  for (const token of records) {
    const { selection, failure } = filterRows(condition, columnsOf(plan, token), one_row);
    if (failure !== null) return [...rows, new Failure(failure.error)];
    if (selection.length === 1) rows.push({ token });
  }
  return rows;
}

function aggregateOf(plan: Plan, records: readonly (string | undefined)[], output: OutputFormat): string {
  const { projection } = plan;
  if (projection.kind !== 'aggregation') return '';
  const partials = initialPartials(projection.aggregates);
  for (const row of kept(plan, records)) {
    if (row instanceof Failure) throw SelectError.fromValue(row.error);
    projection.aggregates.forEach((aggregate, index) => {
      const { argument } = aggregate;
      const vector = argument === null ? null : compileExpression(argument, context)(columnsOf(plan, row.token), one_row);
      const partial = partials[index];
      if (partial !== undefined) accumulate(partial, aggregate, vector, 1);
    });
  }
  if (plan.limit === 0) return '';
  return Buffer.from(finalRow(projection, partials, output, { ...context, record_bytes_max })).toString();
}

/** One output record: bare columns and members as their tokens are written. */
function rowOf(plan: Plan, items: readonly ProjectionItem[], record: string | undefined, output: OutputFormat): string {
  const cells: { readonly key: string; readonly token: string | undefined }[] = [];
  for (const item of items) {
    if (item.kind === 'record') {
      const members = record?.startsWith('{') === true ? memberTokens(record) : null;
      if (members !== null) cells.push(...members.map(([key, token]) => ({ key, token })));
      else if (record !== undefined) cells.push({ key: '"_1"', token: record });
      continue;
    }
    const key = JSON.stringify(item.name);
    const column = item.expression.op === 'column' ? plan.columns[item.expression.slot] : undefined;
    if (column !== undefined) {
      cells.push({ key, token: tokenAt(record, column) });
      continue;
    }
    const value = valueAt(compileExpression(item.expression, context)(columnsOf(plan, record), one_row), 0);
    if (value instanceof Failure) throw SelectError.fromValue(value.error);
    cells.push({ key, token: written(value) });
  }
  if (output.format === 'json') {
    const members = cells.filter(({ token }) => token !== undefined).map(({ key, token }) => `${key}:${token}`);
    return `{${members.join(',')}}${output.recordDelimiter}`;
  }
  const values = cells.map(({ token }): SqlValue => (token === undefined ? undefined : /^[-\d]/.test(token) ? token : decodeToken(token)));
  const into = Buffer.alloc(record_bytes_max);
  return into.toString('utf8', 0, resultWriter(output).write(values.map(String), values, into, 0, into.length));
}

/** The token a value is written as. */
function written(value: SqlValue): string | undefined {
  const into = Buffer.alloc(record_bytes_max);
  const end = resultWriter({ format: 'json', recordDelimiter: '' }).write([''], [value], into, 0, into.length);
  return value === undefined ? undefined : into.toString('utf8', '{"":'.length, end - 1);
}

function tokenAt(record: string | undefined, { path }: ColumnRef): string | undefined {
  return recordsOf(record === undefined ? [] : [record], path ?? [])[0];
}

function columnsOf({ columns }: Plan, record: string | undefined): Columns {
  return {
    read: (slot) => {
      const path = columns[slot]?.path ?? [];
      const value = record === undefined ? undefined : decodeToken(record);
      return { kind: 'constant', value: path.length === 0 ? value : followPath(value, path) };
    },
    offsetOf: () => 0,
  };
}

const one_row = Uint32Array.of(0);
