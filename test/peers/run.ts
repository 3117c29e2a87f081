/**
 * Random expressions over random columns, through s3lect and through DuckDB: both must give the same values. `npm run test:peers`
 * runs it; DuckDB comes from the packages of the benchmark. Not a part of the suite.
 *
 * A failing case is told as small as it can be found: one expression over one record, as both engines read it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { SelectError, select } from '../../src/index.ts';
import { Random } from '../support/kernels.ts';
import { type Answer, isSame, ourAnswers, theirAnswer } from './answers.ts';
import { type Item, type Pair, RandomExpressions } from './expressions.ts';
import { type Format, formats, randomTable, type Table } from './tables.ts';

/** As much of DuckDB's package as is used: it is no dependency of ours. */
interface DuckDb {
  readonly DuckDBInstance: { create(path: string, options: Record<string, string>): Promise<{ connect(): Promise<Connection> }> };
}

interface Connection {
  runAndReadAll(sql: string): Promise<{ getRows(): unknown[][] }>;
}

interface Query {
  readonly items: readonly Item[];
  readonly where: Pair | null;
  readonly aggregated: boolean;
}

const tables_default = 60;
const queries_of_table = 30;
/** Of a table, as it is read: `text` is what `Format.write` made, `copied` what `Format.copied` said. */
interface File {
  readonly format: Format;
  readonly table: Table;
  readonly text: string;
  readonly copied: string | null;
}

const records_max = 300;
/** Of Parquet: more than one row group of the smallest size. */
const records_max_parquet = 2500;

/** Runs the cases of a seed; answers how many differed. */
export async function run(duckdb: string, seed: number, tables: number): Promise<number> {
  const { DuckDBInstance } = (await import(pathToFileURL(duckdb).href)) as DuckDb;
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const folder = await mkdtemp(join(tmpdir(), 's3lect-peers-'));
  const peers = new Peers(await instance.connect(), join(folder, 'table'));
  try {
    for (let index = 0; index < tables; index++) {
      for (const format of formats) await peers.table(new Random(seed * 1_000_003 + index), format, `seed ${seed}, table ${index}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${peers.queries} queries, ${peers.values} values, ${peers.differing} differ\n`);
  return peers.differing;
}

class Peers {
  queries = 0;
  values = 0;
  differing = 0;
  readonly #connection: Connection;
  readonly #path: string;

  constructor(connection: Connection, path: string) {
    this.#connection = connection;
    this.#path = path;
  }

  async table(random: Random, format: Format, name: string): Promise<void> {
    const table = randomTable(random, format, format.name === 'parquet' ? records_max_parquet : records_max);
    const file = { format, table, text: format.write(table, random), copied: format.copied(random) };
    const expressions = new RandomExpressions(random, table.columns, format);
    await this.#write(file);
    for (let index = 0; index < queries_of_table; index++) {
      const query = randomQuery(random, expressions);
      this.queries++;
      const difference = await this.#difference(query, file);
      if (difference === null) continue;
      this.differing++;
      process.stdout.write(`# ${name}, ${format.name}, query ${index}\n${await this.#smallest(query, file, difference)}\n\n`);
      await this.#write(file);
    }
  }

  async #write({ table, text, copied }: File): Promise<void> {
    if (copied === null) return writeFile(this.#path, text);
    const json = `${this.#path}.json`;
    await writeFile(json, text);
    const [source] = formats.filter(({ name }) => name === 'json').map(({ read }) => read(json, table.columns));
    await this.#connection.runAndReadAll(`COPY (SELECT * FROM ${source}) TO '${this.#path}' (${copied})`);
  }

  /** What differs in the file that was written last, or null. */
  async #difference(query: Query, { format, table }: File): Promise<string | null> {
    const [ours, theirs] = [await ourRows(query, format, this.#path), await this.#theirRows(query, format, table)];
    if (typeof ours === 'string' || typeof theirs === 'string') return `ours ${described(ours)}, DuckDB ${described(theirs)}`;
    this.values += ours.length * query.items.length;
    if (ours.length !== theirs.length) return `ours ${ours.length} records, DuckDB ${theirs.length}`;
    for (const [row, answers] of ours.entries()) {
      for (const [at, item] of query.items.entries()) {
        const [our, their] = [answers[at] ?? null, theirs[row]?.[at] ?? null];
        if (!isSame(our, their, item)) return `ours ${JSON.stringify(our)}, DuckDB ${JSON.stringify(their)} (record ${row} of the answer)`;
      }
    }
    return null;
  }

  async #theirRows(query: Query, format: Format, { columns }: Table): Promise<Answer[][] | string> {
    try {
      const answer = await this.#connection.runAndReadAll(sqlOf(query, 'theirs', format.read(this.#path, columns)));
      return answer.getRows().map((row) => row.map((value, index) => theirAnswer(value, query.items[index]?.type ?? 'text')));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** The case with fewer items and fewer records for as long as it still differs. */
  async #smallest(query: Query, file: File, found: string): Promise<string> {
    let smallest = { query, file, difference: found };
    const attempt = async (query: Query, file: File): Promise<boolean> => {
      await this.#write(file);
      const difference = await this.#difference(query, file);
      if (difference !== null) smallest = { query, file, difference };
      return difference !== null;
    };
    for (const item of query.items) if (await attempt({ ...query, items: [item] }, file)) break;
    await attempt({ ...smallest.query, where: null }, file);
    for (let size = file.table.records.length; size >= 1; size = Math.floor(size / 2)) {
      for (let start = 0; start < smallest.file.table.records.length && smallest.file.table.records.length > size; start += size) {
        const part = { ...file.table, records: smallest.file.table.records.slice(start, start + size) };
        // why: a writer that draws no lots, so that the records stay as they were
        if (await attempt(smallest.query, { ...file, table: part, text: file.format.write(part, new Random(0)) })) break;
      }
    }
    const { query: last, difference } = smallest;
    const sources = `${sqlOf(last, 'ours', 'S3Object s')}\n${sqlOf(last, 'theirs', file.format.read(this.#path, file.table.columns))}`;
    return `${difference}\n${sources}\n${file.copied ?? ''}\n${smallest.file.text}`;
  }
}

function randomQuery(random: Random, expressions: RandomExpressions): Query {
  const aggregated = random.chance(0.3);
  const items = Array.from({ length: 1 + random.below(3) }, () => (aggregated ? expressions.aggregate() : expressions.item()));
  return { items, aggregated, where: random.chance(0.6) ? expressions.condition(2) : null };
}

function sqlOf({ items, where }: Query, side: keyof Pair, from: string): string {
  const list = items.map((item, index) => `${item[side]} AS c${index}`).join(', ');
  return `SELECT ${list} FROM ${from}${where === null ? '' : ` WHERE ${where[side]}`}`;
}

async function ourRows(query: Query, format: Format, source: string): Promise<Answer[][] | string> {
  const options = { source, input: format.input, output: { JSON: {} }, workers: 0 };
  try {
    const blocks: Uint8Array[] = [];
    for await (const block of await select({ ...options, expression: sqlOf(query, 'ours', 'S3Object s') })) blocks.push(block);
    const lines = Buffer.concat(blocks).toString().split('\n').slice(0, -1);
    return lines.map((line) => ourAnswers(line, query.items));
  } catch (error) {
    if (error instanceof SelectError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

function described(answer: readonly unknown[] | string): string {
  return typeof answer === 'string' ? answer : `${answer.length} records`;
}

const [duckdb, seed = String(Date.now() % 1_000_000), tables = String(tables_default)] = process.argv.slice(2);
if (duckdb === undefined) throw new Error('the path of DuckDB is needed: npm run test:peers gives it');
process.stdout.write(`seed ${seed}, ${tables} tables\n`);
if ((await run(duckdb, Number(seed), Number(tables))) > 0) process.exitCode = 1;
