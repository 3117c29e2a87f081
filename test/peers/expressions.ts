/**
 * Random expressions in the two dialects at once, made of what means the same in both. Values stay small, and divisors are
 * literals, so that nothing fails. Where the dialects differ, DuckDB's side says what S3 Select's says: INT is BIGINT, `/` of
 * integers is `//`, IN is never NULL.
 */
import type { Random } from '../support/kernels.ts';
import type { Column, ColumnType, Format } from './tables.ts';

/** The same expression as S3 Select and as DuckDB writes it. */
export interface Pair {
  readonly ours: string;
  readonly theirs: string;
}

export interface Item extends Pair {
  readonly type: ColumnType;
  /** A sum of floats may be formed in another order. */
  readonly rounded: boolean;
}

type NumberType = 'int' | 'decimal' | 'float';

export class RandomExpressions {
  readonly #random: Random;
  readonly #columns: readonly Column[];
  readonly #isCsv: boolean;

  constructor(random: Random, columns: readonly Column[], format: Format) {
    this.#random = random;
    this.#columns = columns;
    this.#isCsv = format.name === 'csv';
  }

  item(): Item {
    const type = this.#random.pick<ColumnType>(['int', 'decimal', 'float', 'text', 'bool']);
    return { ...this.of(type, 3), type, rounded: false };
  }

  aggregate(): Item {
    const random = this.#random;
    const type = random.pick<NumberType>(['int', 'decimal', 'float']);
    const any = random.pick<ColumnType>(['int', 'decimal', 'float', 'text']);
    const rounded = type === 'float';
    return random.pick<() => Item>([
      () => ({ ours: 'COUNT(*)', theirs: 'COUNT(*)', type: 'int', rounded: false }),
      () => ({ ...call('COUNT', [this.of(random.pick<ColumnType>(['int', 'text', 'bool']), 2)]), type: 'int', rounded: false }),
      () => ({ ...call('SUM', [this.number(type, 2)]), type, rounded }),
      () => ({ ...call('AVG', [this.number(type, 2)]), type: 'float', rounded: true }),
      () => ({ ...call(random.pick(['MIN', 'MAX']), [this.#compared(any)]), type: any, rounded: false }),
    ])();
  }

  /** What MIN and MAX compare. Fields of CSV that are text must say so, for blank ones are no numbers and no text to them. */
  #compared(type: ColumnType): Pair {
    if (type === 'text') return cast(this.text(2), 'STRING', 'VARCHAR');
    return type !== 'bool' && this.#random.chance(0.3) ? this.#column(type) : this.of(type, 2);
  }

  of(type: ColumnType, depth: number): Pair {
    if (type === 'text') return this.text(depth);
    return type === 'bool' ? this.condition(depth) : this.number(type, depth);
  }

  number(type: NumberType, depth: number): Pair {
    const random = this.#random;
    if (depth <= 0 || random.chance(0.25)) return random.chance(0.7) ? this.#typedColumn(type) : literalOf(random, type);
    const inner = (): Pair => this.number(type, depth - 1);
    return random.pick<() => Pair>([
      () => this.#arithmetic(type, depth),
      () => this.#arithmetic(type, depth),
      () => map(inner(), (text) => `-(${text})`),
      () => this.#choice(inner, depth),
      () => call('COALESCE', [inner(), inner()]),
      () => call('NULLIF', [inner(), inner()]),
      () => (type === 'int' ? both(call('CHAR_LENGTH', [this.text(depth - 1)]), 'CHAR_LENGTH', 'length') : inner()),
      () => (type === 'float' ? cast(this.number('int', depth - 1), 'FLOAT', 'DOUBLE') : inner()),
    ])();
  }

  text(depth: number): Pair {
    const random = this.#random;
    if (depth <= 0 || random.chance(0.3)) return random.chance(0.8) ? this.#column('text') : quote(this.#someText());
    const inner = (): Pair => this.text(depth - 1);
    return random.pick<() => Pair>([
      () => call('UPPER', [inner()]),
      () => call('LOWER', [inner()]),
      () => call('SUBSTRING', [inner(), same(`${1 + random.below(4)}`), ...(random.chance(0.6) ? [same(`${random.below(5)}`)] : [])]),
      () => map(inner(), (text) => `TRIM(${text})`),
      () => this.#trim(inner()),
      () => infix('||', inner(), inner()),
      () => this.#choice(inner, depth),
      () => call('COALESCE', [inner(), inner()]),
      () => call('NULLIF', [inner(), inner()]),
      () => cast(this.number('int', depth - 1), 'STRING', 'VARCHAR'),
    ])();
  }

  condition(depth: number): Pair {
    const random = this.#random;
    if (depth > 0 && random.chance(0.35)) {
      const parts = Array.from({ length: 2 + random.below(2) }, () => this.condition(depth - 1));
      const operator = random.pick(['AND', 'OR']);
      return this.#maybeNot(parts.reduce((left, right) => infix(operator, left, right)));
    }
    const type = random.pick<NumberType>(['int', 'decimal', 'float']);
    return this.#maybeNot(
      random.pick<() => Pair>([
        () => this.#comparison(type, depth),
        () => this.#comparison(type, depth),
        () => infix(this.#comparator(), this.text(depth - 1), this.text(depth - 1)),
        () => this.#like(depth),
        () => this.#like(depth),
        () => this.#between(type, depth),
        () => this.#in(type, depth),
        () =>
          map(
            this.of(random.pick<ColumnType>(['int', 'text', 'float']), depth - 1),
            (text) => `(${text}) IS ${random.pick(['', 'NOT '])}NULL`,
          ),
        () => (this.#isCsv || depth <= 0 ? this.#comparison(type, 0) : this.#column('bool')),
      ])(),
    );
  }

  #maybeNot(pair: Pair): Pair {
    return this.#random.chance(0.2) ? map(pair, (text) => `NOT (${text})`) : pair;
  }

  #comparator(): string {
    return this.#random.pick(['=', '<>', '<', '<=', '>', '>=']);
  }

  /** The numbers of a comparison may be of two types. Beside a literal a CSV field needs no CAST. */
  #comparison(type: NumberType, depth: number): Pair {
    const random = this.#random;
    if (random.chance(0.4)) {
      const sides = [this.#column(type), literalOf(random, random.pick<NumberType>([type, type, 'int', 'float']))] as const;
      return random.chance(0.8) ? infix(this.#comparator(), ...sides) : infix(this.#comparator(), sides[1], sides[0]);
    }
    return infix(
      this.#comparator(),
      this.number(type, depth - 1),
      this.number(random.pick<NumberType>([type, type, 'int', 'float']), depth - 1),
    );
  }

  #between(type: NumberType, depth: number): Pair {
    const random = this.#random;
    const isText = random.chance(0.2);
    const operand = isText ? this.text(depth - 1) : random.chance(0.5) ? this.#column(type) : this.number(type, depth - 1);
    const [low, high] = isText ? [quote(this.#someText()), quote(this.#someText())] : [literalOf(random, type), literalOf(random, type)];
    const not = random.pick(['', 'NOT ']);
    const text = (side: keyof Pair): string => `(${operand[side]}) ${not}BETWEEN ${low[side]} AND ${high[side]}`;
    return { ours: text('ours'), theirs: text('theirs') };
  }

  #in(type: NumberType, depth: number): Pair {
    const random = this.#random;
    const isText = random.chance(0.4);
    const operand = isText ? this.text(depth - 1) : random.chance(0.5) ? this.#column(type) : this.number(type, depth - 1);
    const list = Array.from({ length: 1 + random.below(random.chance(0.1) ? 40 : 4) }, () =>
      isText ? quote(this.#someText()) : literalOf(random, type),
    );
    const not = random.pick(['', 'NOT ']);
    return {
      ours: `(${operand.ours}) ${not}IN (${list.map(({ ours }) => ours).join(', ')})`,
      theirs: `${not}COALESCE((${operand.theirs}) IN (${list.map(({ theirs }) => theirs).join(', ')}), FALSE)`,
    };
  }

  #like(depth: number): Pair {
    const random = this.#random;
    const operand = random.chance(0.6) ? this.#column('text') : this.text(depth - 1);
    const pattern = random.text(['%', '%', '_', 'a', 'b', 'B', 'é', '日', 'x', ' ', '\\'], 5);
    const tail = random.chance(0.2)
      ? { pattern: `${pattern}!${random.pick(['%', '_', '!'])}`, escape: " ESCAPE '!'" }
      : { pattern, escape: '' };
    const text = `${random.pick(['', 'NOT '])}LIKE ${quoted(tail.pattern)}${tail.escape}`;
    return map(operand, (side) => `(${side}) ${text}`);
  }

  #trim(text: Pair): Pair {
    const side = this.#random.pick(['LEADING', 'TRAILING', 'BOTH']);
    const characters = this.#random.pick(['a', 'b ', 'éa', '日👍', ' ']);
    return map(text, (inner) => `TRIM(${side} ${quoted(characters)} FROM ${inner})`);
  }

  /** CASE in both forms. */
  #choice(inner: () => Pair, depth: number): Pair {
    const random = this.#random;
    const otherwise = random.chance(0.7) ? inner() : undefined;
    const simple = random.chance(0.3) ? this.number('int', depth - 1) : undefined;
    const branches = Array.from({ length: 1 + random.below(2) }, () => ({
      when: simple === undefined ? this.condition(depth - 1) : literalOf(random, 'int'),
      result: inner(),
    }));
    const text = (side: keyof Pair): string => {
      const whens = branches.map(({ when, result }) => `WHEN ${when[side]} THEN ${result[side]}`).join(' ');
      return `CASE ${simple?.[side] ?? ''} ${whens}${otherwise === undefined ? '' : ` ELSE ${otherwise[side]}`} END`;
    };
    return { ours: text('ours'), theirs: text('theirs') };
  }

  #arithmetic(type: NumberType, depth: number): Pair {
    const random = this.#random;
    const operand = (): Pair => (random.chance(0.4) ? this.#column(type) : this.number(type, depth - 1));
    const operator = random.pick(['+', '-', '*', '/', '%']);
    if (operator === '+' || operator === '-') return infix(operator, operand(), operand());
    // why: DuckDB's decimals grow with each product and end at 38 digits
    if (operator === '*')
      return infix('*', type === 'decimal' ? this.#column(type) : operand(), type === 'float' ? operand() : literalOf(random, type));
    if (type === 'decimal') return infix('+', operand(), operand());
    const divisor = same(type === 'int' ? `${random.pick(['', '-'])}${1 + random.below(9)}` : `${1 + random.below(9)}e-1`);
    if (type === 'float') return infix('/', operand(), divisor);
    const [left, sign] = [operand(), operator === '/' ? '//' : '%'];
    return { ours: `(${left.ours} ${operator} ${divisor.ours})`, theirs: `(${left.theirs} ${sign} ${divisor.theirs})` };
  }

  #column(type: ColumnType): Pair {
    const { name } = this.#random.pick(this.#columns.filter((column) => column.type === type));
    return { ours: this.#random.pick([name, `s.${name}`]), theirs: name };
  }

  /** A column whose values are numbers to S3 Select wherever they stand: fields of CSV are text until something is done with them. */
  #typedColumn(type: NumberType): Pair {
    const pair = this.#column(type);
    if (!this.#isCsv) return pair;
    const to = { int: 'INT', decimal: 'DECIMAL', float: 'FLOAT' }[type];
    const ours = this.#random.pick([`(${pair.ours} + 0)`, `CASE WHEN ${pair.ours} = '' THEN NULL ELSE CAST(${pair.ours} AS ${to}) END`]);
    return { ours, theirs: pair.theirs };
  }

  #someText(): string {
    return this.#random.pick(['', 'a', 'B', 'ab', 'aab', 'é', 'ÜÜ', ' ', "it's", '日', '%', 'x,x', '\\']);
  }
}

function literalOf(random: Random, type: NumberType): Pair {
  const sign = random.chance(0.2) ? '-' : '';
  const number = random.below(random.pick([3, 10, 100]));
  if (type === 'float') return same(`${sign}${number}e${random.pick(['0', '-1', '1'])}`);
  if (type === 'decimal') return same(`${sign}${number}.${random.pick(['0', '5', '25', '125'])}`);
  return { ours: `${sign}${number}`, theirs: `(${sign}${number})::BIGINT` };
}

function same(text: string): Pair {
  return { ours: text, theirs: text };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function quote(text: string): Pair {
  return same(quoted(text));
}

/** `make` on both sides; where it draws lots, both get the same. */
function map(pair: Pair, make: (text: string) => string): Pair {
  const placeholder = make('\u0001');
  return { ours: placeholder.replace('\u0001', () => pair.ours), theirs: placeholder.replace('\u0001', () => pair.theirs) };
}

function infix(operator: string, left: Pair, right: Pair): Pair {
  return { ours: `(${left.ours} ${operator} ${right.ours})`, theirs: `(${left.theirs} ${operator} ${right.theirs})` };
}

function call(name: string, args: readonly Pair[]): Pair {
  const text = (side: keyof Pair): string => `${name}(${args.map((arg) => arg[side]).join(', ')})`;
  return { ours: text('ours'), theirs: text('theirs') };
}

/** A call by the name it has in DuckDB. */
function both(pair: Pair, ours: string, theirs: string): Pair {
  return { ours: pair.ours, theirs: pair.theirs.replace(ours, theirs) };
}

function cast(pair: Pair, ours: string, theirs: string): Pair {
  return { ours: `CAST(${pair.ours} AS ${ours})`, theirs: `CAST(${pair.theirs} AS ${theirs})` };
}
