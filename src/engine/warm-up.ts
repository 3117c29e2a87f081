/** Small queries before the first real one, so that it does not wait for code to load and kernels to compile. */
import { limits } from '../base/limits.ts';
import type { Expression } from '../sql/expression.ts';
import type { ColumnRef, Plan } from '../sql/plan.ts';
import { encodeProgram } from './program-bytes.ts';
import { runSplit } from './run-split.ts';
import type { Program } from './task.ts';

const RECORDS = 20_000;

/** Runs a query on CSV and one on JSON, on this thread. */
export function warmUp(): void {
  const csv = { format: 'csv', recordDelimiter: '\n', fieldDelimiter: ',', quote: '"', escape: '"' } as const;
  run('1,"a ""b""",2.5\n', {
    plan: planOver({ name: '_1', position: 0, path: null }),
    schema: { kind: 'positional', names: null },
    input: { ...csv, compression: 'none', header: 'none', comment: '', allowQuotedRecordDelimiter: false },
    output: { ...csv, quoteFields: 'asneeded' },
  });
  run('{"b":"a \\"b\\"","c":[2.5],"a":1}\n', {
    plan: planOver({ name: 'a', position: null, path: [{ kind: 'member', name: 'a', exact: false }] }),
    schema: { kind: 'open' },
    input: { format: 'json', compression: 'none', type: 'lines', strict: false },
    output: { format: 'json', recordDelimiter: '\n' },
  });
}

/** Whole records of which a column is above 0. */
function planOver(column: ColumnRef): Plan {
  const operand: Expression = { op: 'column', slot: 0, type: 'untyped' };
  return {
    source: [],
    columns: [column],
    filter: {
      op: 'compare',
      operator: '>',
      left: { op: 'cast', operand, to: 'int' },
      right: { op: 'literal', value: { type: 'int', value: 0n } },
    },
    predicates: [{ kind: 'number', slot: 0, reading: 'int', low: 0.5, high: Number.POSITIVE_INFINITY, negated: false }],
    residual: null,
    projection: { kind: 'rows', items: [{ kind: 'record' }] },
    limit: null,
    empty: false,
  };
}

function run(record: string, parts: Pick<Program, 'plan' | 'schema' | 'input' | 'output'>): void {
  const records = Buffer.from(record.repeat(RECORDS));
  const program: Program = {
    ...parts,
    parquet: null,
    record_bytes_max: limits.record_bytes_max,
    kernels: 'simd',
    window_bytes: limits.window_bytes,
  };
  runSplit({
    planId: `warm-up-${parts.input.format}`,
    queryId: 0,
    program: encodeProgram(program),
    source: { kind: 'pushed', parts: [records], offset: 0, last: true },
    split: { index: 0, start: 0, end: records.length, first: true },
    startState: 'outside',
    resume: null,
    more: null,
    moreStartState: 'outside',
    limit: null,
    output_bytes_max: limits.task_output_bytes_max,
    blocks_max: 1,
    time_ms: limits.task_time_ms,
    cancel: new SharedArrayBuffer(4),
    sink: 'frames',
    utcnow_ms: 0,
    reuses: false,
  });
}
