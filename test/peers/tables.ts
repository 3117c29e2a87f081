/** Random typed columns, and the same records as the files that both engines read. */
import type { InputSerialization } from '../../src/index.ts';
import type { Random } from '../support/kernels.ts';

export type ColumnType = 'int' | 'decimal' | 'float' | 'text' | 'bool';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** A value as the text that stands in a file, text aside; null: none. */
export type Field = string | null;

export interface Table {
  readonly columns: readonly Column[];
  readonly records: readonly (readonly Field[])[];
}

/** How a table is written, and how DuckDB is told to read it. */
export interface Format {
  readonly name: 'csv' | 'json' | 'parquet';
  readonly types: readonly ColumnType[];
  readonly input: InputSerialization;
  write(table: Table, random: Random): string;
  /** How DuckDB makes the file out of what was written, which is then JSON; null: it is the file. */
  copied(random: Random): string | null;
  /** A table function of DuckDB over the file. */
  read(path: string, columns: readonly Column[]): string;
}

export const formats: readonly Format[] = [
  {
    name: 'csv',
    types: ['int', 'decimal', 'float', 'text'],
    input: { CSV: { FileHeaderInfo: 'USE', AllowQuotedRecordDelimiter: true } },
    write: csvOf,
    copied: () => null,
    read: (path, columns) =>
      `read_csv('${path}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', ` +
      `allow_quoted_nulls = false, columns = {${typesOf(columns)}})`,
  },
  {
    name: 'json',
    types: ['int', 'decimal', 'float', 'text', 'bool'],
    input: { JSON: { Type: 'LINES' } },
    write: jsonOf,
    copied: () => null,
    read: (path, columns) => `read_json('${path}', auto_detect = false, format = 'newline_delimited', columns = {${typesOf(columns)}})`,
  },
  {
    name: 'parquet',
    types: ['int', 'decimal', 'float', 'text', 'bool'],
    input: { Parquet: {} },
    write: jsonOf,
    copied: (random) =>
      `FORMAT parquet, PARQUET_VERSION ${random.pick(['v1', 'v2'])}, ROW_GROUP_SIZE ${random.pick([2048, 122_880])}, ` +
      `COMPRESSION ${random.pick(['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4_raw'])}`,
    read: (path) => `read_parquet('${path}')`,
  },
];

const duckdb_types: Readonly<Record<ColumnType, string>> = {
  int: 'BIGINT',
  decimal: 'DECIMAL(9, 3)',
  float: 'DOUBLE',
  text: 'VARCHAR',
  bool: 'BOOLEAN',
};

function typesOf(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `"${name}": '${duckdb_types[type]}'`).join(', ');
}

/** Columns of each type of the format, two of the most, and up to `records_max` records. */
export function randomTable(random: Random, format: Format, records_max: number): Table {
  const columns = format.types
    .flatMap((type) => (type === 'bool' ? [type] : [type, type]))
    .map((type, index) => ({ name: `${type[0]}${index}`, type }));
  const makers = columns.map(({ type }) => makerOf(random, type));
  const unknown = random.pick([0, 0.02, 0.3]);
  const count = random.pick([1, 7, records_max]);
  const records = Array.from({ length: count }, () =>
    columns.map(({ type }, index) => {
      // why: an empty field of a CSV is empty text, so text cannot be absent there
      const isUnknown = (format.name !== 'csv' || type !== 'text') && random.chance(unknown);
      return isUnknown ? null : (makers[index]?.() ?? null);
    }),
  );
  return { columns, records };
}

function makerOf(random: Random, type: ColumnType): () => string {
  const sign = (): string => (random.chance(0.2) ? '-' : '');
  switch (type) {
    case 'int': {
      const most = random.pick([3, 100, 9000]);
      return () => `${sign()}${random.below(most)}`;
    }
    case 'decimal': {
      const scale = random.pick([1, 2, 3]);
      const most = random.pick([3, 900]);
      return () => `${sign()}${(random.next() * most).toFixed(scale)}`;
    }
    case 'float':
      return () => `${sign()}${random.below(10_000)}e${random.pick(['0', '-1', '-2', '-3', '2'])}`;
    case 'text': {
      const alphabet = random.pick([
        ['a', 'b', 'B'],
        ['ab', 'é', 'Ü', ' ', '日', '👍', '_', '%'],
        ['a', ',', '"', '\n', "'", '\\', ' ', 'x'],
      ]);
      const most = random.pick([1, 4, 12]);
      return () => random.text(alphabet, most);
    }
    case 'bool':
      return () => random.pick(['true', 'false']);
  }
}

function csvOf({ columns, records }: Table, random: Random): string {
  const always = random.chance(0.2);
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const lines = records.map((record) => {
    const fields = record.map((field, index) => {
      if (field === null) return '';
      if (columns[index]?.type !== 'text') return always ? quoted(field) : field;
      return always || field === '' || /[",\r\n]/.test(field) ? quoted(field) : field;
    });
    return `${fields.join(',')}\n`;
  });
  return `${columns.map(({ name }) => name).join(',')}\n${lines.join('')}`;
}

/** Members in any order where `random` likes it; what is unknown is null or not there. */
function jsonOf({ columns, records }: Table, random: Random): string {
  const shuffled = random.chance(0.3);
  const spaced = random.chance(0.2);
  const lines = records.map((record) => {
    const members = record.flatMap((field, index) => {
      const column = columns[index];
      if (column === undefined || (field === null && random.chance(0.5))) return [];
      const value = field === null ? 'null' : column.type === 'text' ? textOf(field, random) : field;
      return [`"${column.name}":${spaced ? ' ' : ''}${value}`];
    });
    if (shuffled && random.chance(0.3)) members.reverse();
    return `{${members.join(spaced ? ', ' : ',')}}\n`;
  });
  return lines.join('');
}

/** A JSON string, now and then with escapes that it does not need. */
function textOf(text: string, random: Random): string {
  const json = JSON.stringify(text);
  return random.chance(0.05) ? json.replaceAll('a', '\\u0061') : json;
}
