/**
 * Typed columns against the general evaluator: random expressions over random columns give the same bytes and the same errors
 * with both. The plain kernels run the general evaluator alone.
 */
import t, { type Test } from 'tap';
import { SelectError } from '../src/base/errors.ts';
import { Engine, type QueryObject } from '../src/engine/query.ts';
import type { InputFormat, OutputFormat } from '../src/formats/format.ts';
import { ask, csvInput, csvOutput, memoryObject } from './support/engine.ts';
import { Random, seed } from './support/kernels.ts';
import { parquetTable } from './support/parquet-table.ts';

const TABLES = Number(process.env['S3LECT_TYPED_TABLES'] ?? 40);
const QUERIES = 40;

/** What fields of a column look like: mostly one shape, so that most rows are decided, with exceptions. */
const shapes: readonly ((random: Random) => string)[] = [
  (random) => String(random.below(200) - 100),
  (random) => (random.below(2000) / 100).toFixed(2),
  (random) => `${random.below(30)}.${random.below(1000)}`,
  (random) => `${random.chance(0.3) ? '-' : ''}${String(random.next()).slice(2, 3 + random.below(17))}`,
  (random) => `${random.below(9)}${'.'.repeat(random.below(2))}${'0'.repeat(random.below(9))}${random.below(1000)}`,
  (random) => new Date(Date.UTC(1890 + random.below(200), random.below(12), 1 + random.below(31))).toISOString().slice(0, 10),
  (random) =>
    `${2019 + random.below(4)}-0${1 + random.below(9)}-1${random.below(10)}T0${random.below(10)}:3${random.below(10)}${random.pick(['Z', ':07Z'])}`,
  (random) => random.pick(['air', 'RAIL', 'Reg Air', 'mail', 'SHIP', ' fob ', '']),
  (random) => random.text(['a', 'b', 'Z', ' ', '_', '%', 'é', '1', '👍', 'the '], 7),
  (random) => random.pick(['1', '1.0', '1.00', '01', '-0', '0', '0.0', '-0.0', '.5', '5.', '1e2', '+3', ' 4 ', '']),
];
const odd = [
  '',
  ' ',
  'x',
  '-',
  '.',
  '1e400',
  '9007199254740993',
  '99999999999999999999.5',
  '123456789012345678',
  '2021T',
  '2021-02-30',
  'true',
  'NaN',
  'é',
  '0x1F',
  '1_000',
];

function randomTable(random: Random): { text: string; columns: number } {
  const columns = 3 + random.below(3);
  const makers = Array.from({ length: columns }, () => random.pick(shapes));
  const exceptions = random.pick([0, 0, 0.02, 0.2]);
  const lines = Array.from({ length: 1 + random.below(120) }, () => {
    const fields = makers.map((make) => (random.chance(exceptions) ? random.pick(odd) : make(random)));
    return (random.chance(exceptions / 2) ? fields.slice(0, 1 + random.below(columns)) : fields).join(',');
  });
  return { text: `${lines.join('\n')}\n`, columns };
}

/** What columns of an expression hold, as far as their types tell. */
type ColumnKind = 'number' | 'text' | 'time' | 'truth';

/** Writes SQL of a wanted type; what does not bind is refused by both engines alike. */
class RandomExpressions {
  readonly #random: Random;
  readonly #kinds: readonly (ColumnKind | null)[];

  /** `kinds`: of each column; null: any, as of CSV. */
  constructor(random: Random, kinds: readonly (ColumnKind | null)[]) {
    this.#random = random;
    this.#kinds = kinds;
  }

  /** A column of a kind; without one, or now and then, any. */
  column(kind: ColumnKind | null = null): string {
    const fitting = this.#kinds.flatMap((own, index) => (kind === null || own === null || own === kind ? [index + 1] : []));
    const any = fitting.length === 0 || this.#random.chance(0.02);
    return `_${any ? 1 + this.#random.below(this.#kinds.length) : this.#random.pick(fitting)}`;
  }

  number(depth: number): string {
    const random = this.#random;
    if (depth <= 0 || random.chance(0.3)) {
      return random.pick([
        () => this.column('number'),
        () => `CAST(${this.column('number')} AS FLOAT)`,
        () => `CAST(${this.column('number')} AS INT)`,
        () => `CAST(${this.column('number')} AS DECIMAL)`,
        () => random.pick(['0', '1', '-3', '7', '0.5', '1.10', '100.', '1e0', '2.5e-3', '9007199254740991', '123456789.123456']),
        () => random.pick(['0', '1', '2', '0.05']),
      ])();
    }
    const inner = (): string => this.number(depth - 1);
    return random.pick([
      () => `(${inner()} ${random.pick(['+', '-', '*', '*', '/', '%'])} ${inner()})`,
      () => `(${inner()} ${random.pick(['+', '-', '*'])} ${inner()})`,
      () => `-(${inner()})`,
      () => `CAST(${inner()} AS ${random.pick(['FLOAT', 'INT', 'DECIMAL'])})`,
      () =>
        `CASE WHEN ${this.condition(depth - 1)} THEN ${inner()} ${random.chance(0.5) ? `WHEN ${this.condition(depth - 1)} THEN ${inner()} ` : ''}${random.chance(0.8) ? `ELSE ${inner()} ` : ''}END`,
      () => `COALESCE(${inner()}, ${inner()})`,
      () => `NULLIF(${inner()}, ${inner()})`,
      () => `CHAR_LENGTH(${this.text(depth - 1)})`,
      () => `EXTRACT(${random.pick(['year', 'month', 'day', 'hour', 'minute', 'second', 'timezone_hour'])} FROM ${this.time()})`,
      () => `DATE_DIFF(${random.pick(['year', 'month', 'day', 'hour', 'second'])}, ${this.time()}, ${this.time()})`,
    ])();
  }

  text(depth: number): string {
    const random = this.#random;
    if (depth <= 0 || random.chance(0.3))
      return random.chance(0.7) ? this.column('text') : `'${random.pick(['air', '', 'a', 'x', 'é', '1', '2020-01-01'])}'`;
    const inner = (): string => this.text(depth - 1);
    return random.pick([
      () => `UPPER(${inner()})`,
      () => `LOWER(${inner()})`,
      () => `SUBSTRING(${inner()}, ${random.below(6) - 1}${random.chance(0.6) ? `, ${random.below(5)}` : ''})`,
      () => `TRIM(${random.pick(['', 'LEADING FROM ', "TRAILING ' a' FROM ", "BOTH 'é1' FROM "])}${inner()})`,
      () => `(${inner()} || ${inner()})`,
      () => `CAST(${inner()} AS STRING)`,
      () => `COALESCE(${inner()}, ${inner()})`,
      () => `NULLIF(${inner()}, ${inner()})`,
      () => `CASE WHEN ${this.condition(depth - 1)} THEN ${inner()} ELSE ${inner()} END`,
    ])();
  }

  time(): string {
    return this.#random.pick([
      () => `CAST(${this.column('time')} AS TIMESTAMP)`,
      () => `CAST(${this.column('time')} AS TIMESTAMP)`,
      () => this.column('time'),
      () => '`2020-02-29`',
      () => '`2021-05-06T07:08:09Z`',
      () => '`2021-05-06T07:08:09.500Z`',
    ])();
  }

  condition(depth: number): string {
    const random = this.#random;
    const operator = random.pick(['=', '<>', '<', '<=', '>', '>=']);
    const negation = random.pick(['', '', 'NOT ']);
    if (depth > 0 && random.chance(0.4)) {
      const parts = Array.from({ length: 2 + random.below(3) }, () => this.condition(depth - 1));
      return `${negation}(${parts.join(random.pick([' AND ', ' OR ']))})`;
    }
    return random.pick([
      () => `${this.number(depth - 1)} ${operator} ${this.number(depth - 1)}`,
      () => `${this.number(depth - 1)} ${operator} ${this.number(0)}`,
      () => `${this.text(depth - 1)} ${operator} ${this.text(depth - 1)}`,
      () => `${this.time()} ${operator} ${this.time()}`,
      () => `${this.number(depth - 1)} ${negation}BETWEEN ${this.number(0)} AND ${this.number(0)}`,
      () => `${this.text(depth - 1)} ${negation}BETWEEN ${this.text(0)} AND ${this.text(0)}`,
      () => `${this.text(depth - 1)} ${negation}LIKE '${random.text(['%', '_', 'a', 'i', 'é', 'r'], 5)}'`,
      () => `${this.text(depth - 1)} ${negation}IN ('air', 'mail', '', '1', 'é', '2021-05-06')`,
      () => `${this.number(depth - 1)} ${negation}IN (1, 2, 0.5, 1.10, 3e0, ${random.below(100)}, 0)`,
      () => `${this.column()} ${negation}IN (1, 'a', 0.05, 'RAIL')`,
      () => `${negation}${this.column('truth')}`,
      () => `${this.column('number')} ${operator} ${random.pick(['0', '5', '1.5', '2e0', '100'])}`,
      () => `${this.column('time')} ${operator} ${random.pick(['`2020-02-29`', "'2021-05-06'", "'2020-01-01T00:00:00.000001Z'"])}`,
      () => `${this.column('text')} ${operator} ${random.pick(["'air'", "'a'", "''"])}`,
      () => `${this.column()} IS ${negation}NULL`,
      () => `${this.text(depth - 1)} IS ${negation}${random.pick(['NULL', 'MISSING'])}`,
      () => `(${this.number(0)} > 1) IS ${negation}${random.pick(['NULL', 'TRUE', 'FALSE', 'MISSING'])}`,
      () => `${this.number(depth - 1)} IS ${negation}NULL`,
    ])();
  }

  #argument(name: string, depth: number): string {
    const random = this.#random;
    if (random.chance(0.3)) return this.column(name === 'SUM' || name === 'AVG' ? 'number' : null);
    return name === 'COUNT' && random.chance(0.5) ? this.text(depth) : this.number(depth);
  }

  select(): string {
    const random = this.#random;
    const depth = 1 + random.below(3);
    const where = random.chance(0.6) ? ` WHERE ${this.condition(depth)}` : '';
    if (random.chance(0.5)) {
      const aggregates = Array.from({ length: 1 + random.below(3) }, () => {
        const name = random.pick(['SUM', 'AVG', 'MIN', 'MAX', 'COUNT']);
        return `${name}(${this.#argument(name, depth)})`;
      });
      return `SELECT ${aggregates.join(', ')} FROM S3Object${where}`;
    }
    const items = Array.from({ length: 1 + random.below(4) }, () =>
      random.pick([
        () => this.number(depth),
        () => this.text(depth),
        () => this.text(depth),
        () => this.time(),
        () => this.column(),
        () => this.column(),
      ])(),
    );
    return `SELECT ${items.join(', ')} FROM S3Object${where}${random.chance(0.2) ? ` LIMIT ${1 + random.below(9)}` : ''}`;
  }
}

function outcome(text: string, error: unknown): string {
  if (error === null) return text;
  if (!(error instanceof SelectError)) throw error;
  return `${text}!${error.code} ${JSON.stringify(error.params, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`;
}

t.test('random expressions', async (t) => {
  const typed = new Engine({ workers: 0 });
  const general = new Engine({ workers: 0, kernels: 'reference' });
  const random = new Random(seed);
  let answered = 0;
  let failed = 0;
  for (let table = 0; table < TABLES; table++) {
    const { text, columns } = randomTable(random);
    const object = memoryObject(text);
    const kinds = Array.from({ length: columns }, () => null);
    const told = await compare(t, { typed, general, random, object, input: csvInput, kinds, text });
    answered += told.answered;
    failed += told.failed;
  }
  await typed.close();
  await general.close();
  t.ok(answered > failed / 2, `${answered} answers, ${failed} errors`);
});

interface Table {
  readonly typed: Engine;
  readonly general: Engine;
  readonly random: Random;
  readonly object: QueryObject;
  readonly input: InputFormat;
  readonly kinds: readonly (ColumnKind | null)[];
  /** The table as it may be shown. */
  readonly text: string;
}

/** Asks both engines the same queries. */
async function compare(
  t: Test,
  { typed, general, random, object, input, kinds, text }: Table,
): Promise<{ answered: number; failed: number }> {
  const expressions = new RandomExpressions(random, kinds);
  let answered = 0;
  for (let query = 0; query < QUERIES; query++) {
    const sql = expressions.select();
    const output: OutputFormat = random.chance(0.3) ? { format: 'json', recordDelimiter: '\n' } : csvOutput;
    const a = await ask(typed, object, sql, { output, input });
    const b = await ask(general, object, sql, { output, input });
    const first = outcome(a.text, a.error);
    if (a.error === null) answered++;
    if (first !== outcome(b.text, b.error)) t.fail('both evaluators agree', { sql, text, typed: first, general: outcome(b.text, b.error) });
  }
  return { answered, failed: QUERIES - answered };
}

const pad = (value: number): string => String(value).padStart(2, '0');
const dayText = (random: Random): string =>
  `${random.pick([1890 + random.below(200), 2020, 2021])}-${pad(1 + random.below(12))}-${pad(1 + random.below(28))}`;
const momentText =
  (digits: number) =>
  (random: Random): string => {
    const fraction = random.chance(0.3) ? '' : `.${String(random.below(10 ** digits)).padStart(digits, '0')}`;
    return `${dayText(random)}T${pad(random.below(24))}:${pad(random.below(60))}:${pad(random.below(60))}${fraction}Z`;
  };
const integer = (random: Random): bigint =>
  BigInt.asIntN(64, (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32))) >> BigInt(random.below(64));
const decimalText =
  (digits: number, scale: number) =>
  (random: Random): string => {
    const mantissa = Array.from({ length: 1 + random.below(digits) }, () => random.below(10)).join('');
    return `${random.chance(0.4) ? '-' : ''}${mantissa.padStart(scale + 1, '0').slice(0, -scale)}.${mantissa.padStart(scale + 1, '0').slice(-scale)}`;
  };

/** Types of Parquet columns and what they hold. */
const typedShapes: readonly (readonly [type: string, kind: ColumnKind, make: (random: Random) => unknown])[] = [
  ['int', 'number', (random) => random.below(200) - 100],
  ['int', 'number', (random) => String(integer(random))],
  ['int32', 'number', (random) => random.below(2 ** 32) - 2 ** 31],
  ['uint64', 'number', (random) => String(BigInt.asUintN(64, integer(random)))],
  ['decimal(9,2)', 'number', decimalText(7, 2)],
  ['decimal(18,4)', 'number', decimalText(18, 4)],
  ['decimal(38,10)', 'number', decimalText(38, 10)],
  ['decimal(38,30)', 'number', decimalText(38, 30)],
  ['float', 'number', (random) => random.below(2000) / 100],
  [
    'float',
    'number',
    (random) => (random.chance(0.1) ? random.pick(['NaN', 'Infinity', -0]) : (random.next() - 0.5) * 10 ** (random.below(40) - 20)),
  ],
  ['float32', 'number', (random) => random.next() * 100],
  ['date', 'time', dayText],
  ['timestamp(millis,utc)', 'time', momentText(3)],
  ['timestamp(micros,local)', 'time', momentText(6)],
  ['timestamp(nanos,utc)', 'time', momentText(9)],
  ['string', 'text', (random) => random.pick(['air', 'RAIL', 'Reg Air', 'mail', 'SHIP', ' fob ', ''])],
  ['string', 'text', (random) => random.text(['a', 'b', 'Z', ' ', '_', '%', 'é', '1', '👍', 'the ', ',', '"', '\n'], 7)],
  ['string', 'text', (random) => String(random.below(1000))],
  ['bool', 'truth', (random) => random.chance(0.5)],
];

t.test('random expressions over columns with types', async (t) => {
  const typed = new Engine({ workers: 0 });
  const general = new Engine({ workers: 0, kernels: 'reference' });
  const random = new Random(seed);
  let answered = 0;
  let failed = 0;
  for (let table = 0; table < TABLES; table++) {
    const columns = Array.from({ length: 3 + random.below(4) }, () => random.pick(typedShapes));
    const nulls = random.pick([0, 0, 0.1, 0.5]);
    const rows = Array.from({ length: 1 + random.below(120) }, () =>
      Object.fromEntries(columns.map(([, , make], index) => [`c${index}`, random.chance(nulls) ? null : make(random)])),
    );
    const types = Object.fromEntries(columns.map(([type], index) => [`c${index}`, type]));
    const object = memoryObject(parquetTable(types, rows, { rowGroupSize: 100, pageSize: 300 }));
    const kinds = columns.map(([, kind]) => kind);
    const told = await compare(t, {
      typed,
      general,
      random,
      object,
      input: { format: 'parquet', compression: 'none' },
      kinds,
      text: JSON.stringify([types, rows]),
    });
    answered += told.answered;
    failed += told.failed;
  }
  await typed.close();
  await general.close();
  t.ok(answered > failed / 2, `${answered} answers, ${failed} errors`);
});
