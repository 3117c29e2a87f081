/**
 * The files of `fixtures/parquet` (by `bench/parquet-fixtures.mjs`): the same rows by DuckDB, Polars, arrow-rs and hyparquet-writer, in
 * every codec and encoding each of them has, against what was written: all of it, filtered, and the last row alone, with and without
 * what prunes. What none of these writers makes is crafted in `parquet-pages.test.ts`: INT96, decimals in BYTE_ARRAY, levels that are
 * bit-packed, repeated fields that are no LIST.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Engine } from '../src/engine/query.ts';
import { type Answer, ask, memoryObject } from './support/engine.ts';

const folder = join(import.meta.dirname, '../../test/fixtures/parquet');
const input = { format: 'parquet', compression: 'none' } as const;
const output = { format: 'json', recordDelimiter: '\n' } as const;
const engine = new Engine({ workers: 0 });
const plain = new Engine({ workers: 0, kernels: 'reference' });
t.teardown(() => Promise.all([engine.close(), plain.close()]));

const names = readdirSync(folder);
const records = new Map(
  names.filter((name) => name.endsWith('.json')).map((name) => [name.slice(0, -'.json'.length), linesOf(join(folder, name))]),
);

function linesOf(path: string): readonly string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

/** Of `duckdb.groups.zstd.parquet` those of `duckdb.groups`, else of `duckdb`. */
function expectedOf(name: string): readonly string[] {
  const [writer = '', variant = ''] = name.split('.');
  const expected = records.get(`${writer}.${variant}`) ?? records.get(writer);
  if (expected === undefined) throw new Error(`nothing says what ${name} holds`);
  return expected;
}

const files = names.filter((name) => name.endsWith('.parquet'));
t.ok(files.length > 90, 'they are there');

/** A value as it stands in a record's JSON, undefined where it is NULL: numbers as text, so that none is rounded. */
function fieldOf(record: string, column: string): string | undefined {
  const found = new RegExp(`[{,]"${column}":("(?:[^"\\\\]|\\\\.)*"|[^,}\\]]+)`).exec(record);
  return found?.[1];
}

for (const name of files)
  t.test(name, async (t) => {
    const object = memoryObject(readFileSync(join(folder, name)));
    const expected = expectedOf(name);
    const query = async (condition: string, by = engine): Promise<readonly string[]> => {
      const { text, error }: Answer = await ask(by, object, `SELECT * FROM S3Object s ${condition}`, { input, output });
      if (error !== null) throw error;
      return text === '' ? [] : text.trimEnd().split('\n');
    };
    const answers = async (condition: string, rows: readonly string[], what: string): Promise<void> => {
      t.same(await query(`WHERE ${condition}`), rows, what);
    };
    t.same(await query(''), expected, 'all rows');
    t.same(await query('', plain), expected, 'all rows by the plain kernels');
    const last = expected.at(-1)!;
    const n = fieldOf(last, 'n')!;
    await answers(`s.n = ${n}`, [last], 'the last row');
    await answers(`s.n + 0 = ${n}`, [last], 'and without pruning');
    await answers(`s.n < 0`, [], 'none');
    for (const column of ['i64', 'u64', 'd18', 'd38', 'text']) {
      const values = expected.map((record) => fieldOf(record, column));
      const value = values.findLast((found) => found !== undefined);
      if (value === undefined) continue;
      const literal = value.startsWith('"') ? `'${JSON.parse(value)}'` : value;
      const rows = expected.filter((_, row) => values[row] === value);
      await answers(`s.${column} = ${literal}`, rows, `${column} is ${literal}`);
      await answers(`s.${column} = ${literal} OR s.n + 0 < 0`, rows, 'and without pruning');
      await answers(
        `s.${column} IS NULL`,
        expected.filter((_, row) => values[row] === undefined),
        `${column} is NULL`,
      );
    }
  });
