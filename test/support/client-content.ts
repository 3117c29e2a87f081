/** What clients store and query, and what has to come of it. */
import { createHash } from 'node:crypto';
import type { InputSerialization } from '@aws-sdk/client-s3';
import { parquetWriteBuffer } from 'hyparquet-writer';

export const MiB = 1024 * 1024;

/** Rows `n`, `word`, `x`. */
const rows = Array.from({ length: 5000 }, (_, n) => ({ n, word: `w${n % 17}, "quoted" \u00e9`, x: (n * 37) % 1000 }));
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

export const tables: readonly { readonly key: string; readonly body: Buffer; readonly input: InputSerialization }[] = [
  {
    key: 'tables/t.csv',
    body: Buffer.from(`n,word,x\n${rows.map(({ n, word, x }) => `${n},${quoted(word)},${x}\n`).join('')}`),
    input: { CSV: { FileHeaderInfo: 'USE' } },
  },
  { key: 'tables/t.json', body: Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')), input: { JSON: { Type: 'LINES' } } },
  {
    key: 'tables/t.parquet',
    body: Buffer.from(
      parquetWriteBuffer({
        columnData: [
          { name: 'n', data: rows.map(({ n }) => n), type: 'INT32' },
          { name: 'word', data: rows.map(({ word }) => word), type: 'STRING' },
          { name: 'x', data: rows.map(({ x }) => x), type: 'INT32' },
        ],
        rowGroupSize: 2000,
      }),
    ),
    input: { Parquet: {} },
  },
];

export const sql = "SELECT s.n, s.word, s.x FROM S3Object s WHERE s.x >= 990 AND s.word LIKE 'w3,%'";
/** The rows of `sql` as CSV. */
export const answer = rows
  .filter(({ word, x }) => x >= 990 && word.startsWith('w3,'))
  .map(({ n, word, x }) => `${n},${quoted(word)},${x}\n`)
  .join('');

/** 64 MiB that no two parts of are alike. */
export const large = Buffer.alloc(64 * MiB);
for (let at = 0; at < large.length; at += 4) large.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const keys = ['a/1', 'a/b c+d&<>.txt', 'a/é%2F', 'b', 'z'];
