import { join } from 'node:path';
import { type ClientTest, newFolder, run } from './client.ts';
import { signedPut } from './signed-put.ts';

/** ClickHouse in a process of its own: it takes the thread it runs in. It reads ranges, lists for globs, and writes in parts. */
export const clickhouse: ClientTest = {
  name: 'clickhouse',
  npm: ['chdb@3.4.0'],
  async run(context) {
    const { endpoint, files, accessKey, secretKey, resolve, check } = context;
    const program =
      "const chdb = require(process.argv[1]); process.stdout.write(new chdb.Session(process.argv[2]).query(process.argv[3], 'TSV') ?? '')";
    const session = newFolder(context, 'session');
    const chdb = async (sql: string): Promise<string> =>
      String(await run(context, process.execPath, ['--eval', program, resolve('chdb'), session, sql])).trim();
    await signedPut(context, '/bucket', Buffer.alloc(0));
    const source = (key: string, format: string): string => `s3('${endpoint}/bucket/${key}', '${accessKey}', '${secretKey}', '${format}')`;
    for (const [name, format] of [
      ['t.csv', 'CSVWithNames'],
      ['t.json', 'JSONEachRow'],
      ['t.parquet', 'Parquet'],
    ] as const) {
      const local = `file('${join(files, 'tables', name)}', '${format}')`;
      await chdb(`INSERT INTO FUNCTION ${source(`tables/${name}`, format)} SELECT * FROM ${local}`);
      const sums = 'SELECT count(), sum(n), sum(x), sum(cityHash64(word))';
      check(
        (await chdb(`${sums} FROM ${source(`tables/${name}`, format)}`)) === (await chdb(`${sums} FROM ${local}`)),
        `insert and select ${format}`,
      );
    }
    check((await chdb(`SELECT count() FROM ${source('tables/*.csv', 'CSVWithNames')}`)) === '5000', 'a glob of files');
    check((await chdb(`SELECT count(), uniq(_path) FROM ${source('**/*.parq*', 'Parquet')}`)) === '5000\t1', 'a glob of folders');
    const many = 'SELECT number, toString(cityHash64(number)) AS text FROM numbers(3000000)';
    await chdb(`INSERT INTO FUNCTION ${source('large.csv', 'CSV')} ${many}`);
    const digest = 'SELECT count(), sum(cityHash64(c1, c2)) FROM';
    check(
      (await chdb(`${digest} ${source('large.csv', 'CSV')}`)) ===
        (await chdb(`SELECT count(), sum(cityHash64(toInt64(number), text)) FROM (${many})`)),
      '80 MB in parts',
    );
  },
};
