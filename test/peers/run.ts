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
const records_max = 300;

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
    const table = randomTable(random, format, records_max);
    const text = format.write(table, random);
    const expressions = new RandomExpressions(random, table.columns, format);
    for (let index = 0; index < queries_of_table; index++) {
      const query = randomQuery(random, expressions);
      this.queries++;
      const difference = await this.#difference(query, format, table, text);
      if (difference === null) continue;
      this.differing++;
      process.stdout.write(
        `# ${name}, ${format.name}, query ${index}\n${await this.#smallest(query, format, table, text, difference)}\n\n`,
      );
    }
  }

  /** What differs, or null. */
  async #difference(query: Query, format: Format, table: Table, text: string): Promise<string | null> {
    await writeFile(this.#path, text);
    const [ours, theirs] = [await ourRows(query, format, text), await this.#theirRows(query, format, table)];
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
  async #smallest(query: Query, format: Format, table: Table, text: string, found: string): Promise<string> {
    let smallest = { query, table, text, difference: found };
    const attempt = async (query: Query, table: Table, text: string): Promise<boolean> => {
      const difference = await this.#difference(query, format, table, text);
      if (difference !== null) smallest = { query, table, text, difference };
      return difference !== null;
    };
    for (const item of query.items) if (await attempt({ ...query, items: [item] }, table, text)) break;
    await attempt({ ...smallest.query, where: null }, table, text);
    for (let size = table.records.length; size >= 1; size = Math.floor(size / 2)) {
      for (let start = 0; start < smallest.table.records.length && smallest.table.records.length > size; start += size) {
        const part = { ...table, records: smallest.table.records.slice(start, start + size) };
        // why: a writer that draws no lots, so that the records stay as they were
        if (await attempt(smallest.query, part, format.write(part, new Random(0)))) break;
      }
    }
    const { query: last, difference } = smallest;
    const sources = `${sqlOf(last, 'ours', 'S3Object s')}\n${sqlOf(last, 'theirs', format.read(this.#path, table.columns))}`;
    return `${difference}\n${sources}\n${smallest.text}`;
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

async function ourRows(query: Query, format: Format, text: string): Promise<Answer[][] | string> {
  const options = { source: Buffer.from(text), input: format.input, output: { JSON: {} }, workers: 0 };
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
