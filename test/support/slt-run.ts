/** Runs cases of the corpus through whole engines, in every configuration or in few that hold every pair of settings. */
import { join } from 'node:path';
import { SelectError } from '../../src/base/errors.ts';
import { Engine, type PreparedQuery, type QueryObject } from '../../src/engine/query.ts';
import { FrameDecoder } from '../../src/formats/event-stream.ts';
import { explain } from '../../src/sql/explain.ts';
import { fileObject, memoryObject } from './engine.ts';
import type { Case, Table } from './slt.ts';

/** How a case is run. What it answers must not depend on any of this. */
export interface Configuration {
  readonly kernels: 'simd' | 'reference';
  readonly window: 'tiny' | 'default';
  readonly split: 'tiny' | 'default';
  readonly workers: 0 | 2;
  readonly sink: 'blocks' | 'frames';
  /** A file read by descriptor, memory that threads share, or a stream that the main thread cuts. */
  readonly source: 'file' | 'memory' | 'stream';
}

const settings = {
  kernels: ['simd', 'reference'],
  window: ['tiny', 'default'],
  split: ['tiny', 'default'],
  workers: [0, 2],
  sink: ['blocks', 'frames'],
  source: ['file', 'memory', 'stream'],
} as const satisfies { readonly [Setting in keyof Configuration]: readonly Configuration[Setting][] };

/** Every configuration, or a few of them in which any two settings meet in each of their combinations. */
export function configurations(all: boolean): Configuration[] {
  const every = Object.entries(settings).reduce<readonly object[]>(
    (made, [name, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  ) as Configuration[];
  return all ? every : pairwise(every);
}

export function configurationName(configuration: Configuration): string {
  return Object.entries(configuration)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** The answers of all cases, in their order. `directory` holds the files of tables. */
export async function runCases(cases: readonly Case[], configuration: Configuration, directory: string): Promise<string[]> {
  const engine = new Engine({
    workers: configuration.workers,
    kernels: configuration.kernels,
    ...(configuration.window === 'tiny' ? { window_bytes: 64 } : {}),
    ...(configuration.split === 'tiny' ? { split_bytes: 97 } : {}),
  });
  const files: { close(): void }[] = [];
  const objects = new Map<Table, QueryObject>();
  for (const table of new Set(cases.flatMap((one) => [one.table, one.table.twin ?? []].flat()))) {
    if (configuration.source === 'file') {
      const file = fileObject(join(directory, `${objects.size}`), table.bytes);
      files.push(file);
      objects.set(table, file);
    } else {
      const object = memoryObject(table.bytes);
      const inOrder = configuration.source === 'stream' && table.input.format !== 'parquet';
      objects.set(table, inOrder ? { ...object, ref: null } : object);
    }
  }
  const answers: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < cases.length; index = next++) {
      const one = cases[index] as Case;
      const answer = await answerOf(engine, objects.get(one.table) as QueryObject, one, configuration.sink);
      const { twin } = one.table;
      const other =
        twin === null || one.kind !== 'query'
          ? answer
          : await answerOf(engine, objects.get(twin) as QueryObject, { ...one, table: twin }, configuration.sink);
      answers[index] = other === answer ? answer : `${answer}--- but as ${twin?.input.format}:\n${other}`;
    }
  };
  try {
    await Promise.all(Array.from({ length: 1 + configuration.workers }, lane));
  } finally {
    await engine.close();
    for (const file of files) file.close();
  }
  return answers;
}

/** Whether an answer is the expected one; with `numeric`, numbers may differ in their last digits. */
export function isAnswer(answer: string, { expected, numeric }: Case): boolean {
  if (answer === expected) return true;
  if (!numeric) return false;
  const cells = answer.split(/[,\n]/);
  const wanted = expected.split(/[,\n]/);
  return cells.length === wanted.length && cells.every((cell, index) => isClose(cell, wanted[index] ?? ''));
}

function isClose(cell: string, wanted: string): boolean {
  const difference = Math.abs(Number(cell) - Number(wanted));
  return cell === wanted || difference <= 1e-12 * Math.abs(Number(wanted));
}

async function answerOf(
  engine: Engine,
  object: QueryObject,
  { kind, table, sql, output }: Case,
  sink: Configuration['sink'],
): Promise<string> {
  const parts: Uint8Array[] = [];
  try {
    const query = await engine.prepare({ object, expression: sql, input: table.input, output, sink });
    if (kind === 'explain') {
      await query.cancel();
      return explain(query.plan);
    }
    for await (const { bytes } of query.run()) parts.push(...(sink === 'frames' ? payloadsOf(bytes) : [bytes]));
    return checked(Buffer.concat(parts), query) + (kind === 'error' ? 'no error\n' : '');
  } catch (error) {
    if (!(error instanceof SelectError)) throw error;
    return `${Buffer.concat(parts)}${errorLine(error)}\n`;
  }
}

function payloadsOf(block: Uint8Array): Uint8Array[] {
  const decoder = new FrameDecoder();
  const payloads = [...decoder.push(block)].map(({ payload }) => payload);
  if (decoder.pending_bytes !== 0) throw new Error('a block holds whole frames');
  return payloads;
}

function checked(bytes: Buffer, { stats }: PreparedQuery): string {
  if (stats.returned_bytes !== bytes.length) throw new Error(`${bytes.length} bytes were returned, ${stats.returned_bytes} are said to be`);
  return bytes.toString();
}

/** Where in the query, or where in the data and at which value. */
function errorLine({ code, params, cause }: SelectError): string {
  const { line, column, offset, value } = params;
  const query = line === undefined ? [] : [`${line}:${column}`];
  const data = offset === undefined ? [] : [`byte ${offset}`];
  const quoted = value === undefined ? [] : [JSON.stringify(value)];
  const ours = code === 'InternalError' ? [String(cause)] : [];
  return [code, ...query, ...data, ...quoted, ...ours].join(' ');
}

/** Greedy: the configuration that adds most pairs not yet seen, until none adds any. */
function pairwise(every: readonly Configuration[]): Configuration[] {
  const seen = new Set<string>();
  const chosen: Configuration[] = [];
  for (;;) {
    const gains = every.map((candidate) => pairsOf(candidate).filter((pair) => !seen.has(pair)).length);
    const most = Math.max(...gains);
    const best = every[gains.indexOf(most)];
    if (most === 0 || best === undefined) return chosen;
    for (const pair of pairsOf(best)) seen.add(pair);
    chosen.push(best);
  }
}

function pairsOf(configuration: Configuration): string[] {
  const entries = Object.entries(configuration).map(([name, value]) => `${name} ${value}`);
  return entries.flatMap((first, index) => entries.slice(index + 1).map((second) => `${first}, ${second}`));
}
