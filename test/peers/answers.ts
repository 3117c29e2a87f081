/** Answers of both engines in one form, so that they can be compared. */
import type { Item } from './expressions.ts';
import type { ColumnType } from './tables.ts';

/** NULL and MISSING are null; numbers are exact, as `digits`e`exponent`, floats the number itself. */
export type Answer = null | string | number | boolean;

/** DuckDB's decimal, as its package hands it out. */
interface DecimalParts {
  readonly value: bigint;
  readonly scale: number;
}

/** A value of DuckDB. */
export function theirAnswer(value: unknown, type: ColumnType): Answer {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (type === 'float') return isDecimal(value) ? Number(value.value) / 10 ** value.scale : Number(value);
  if (isDecimal(value)) return exact(value.value, -value.scale);
  if (typeof value === 'bigint') return exact(value, 0);
  return exactOf(String(value));
}

/** The answers of one line of JSON, `items` being its members `c0`, `c1`, …; what is not there is null. */
export function ourAnswers(line: string, items: readonly Item[]): Answer[] {
  const tokens = new Map<string, string>();
  for (const [, name = '', token = ''] of line.matchAll(/"(c\d+)":("(?:[^"\\]|\\.)*"|[^,}]+)/g)) tokens.set(name, token);
  return items.map(({ type }, index) => ourAnswer(tokens.get(`c${index}`), type));
}

function ourAnswer(token: string | undefined, type: ColumnType): Answer {
  if (token === undefined || token === 'null') return null;
  if (token === 'true' || token === 'false') return token === 'true';
  const text = token.startsWith('"') ? (JSON.parse(token) as string) : token;
  if (type === 'text') return text;
  // why: the least of untyped fields is the text of a field
  return type === 'float' ? Number(text) : exactOf(text);
}

/** Whether two answers are the same; sums of floats up to the order they were formed in. */
export function isSame(ours: Answer, theirs: Answer, { rounded }: Item): boolean {
  if (typeof ours !== 'number' || typeof theirs !== 'number') return ours === theirs;
  if (ours === theirs) return true;
  return rounded && Math.abs(ours - theirs) <= 1e-9 * Math.max(1, Math.abs(ours), Math.abs(theirs));
}

function isDecimal(value: unknown): value is DecimalParts {
  return typeof value === 'object' && value !== null && 'scale' in value;
}

function exactOf(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return exact(BigInt(`${whole}${fraction}`), Number(exponent) - fraction.length);
}

function exact(digits: bigint, exponent: number): string {
  if (digits === 0n) return '0';
  let [left, power] = [digits, exponent];
  for (; left % 10n === 0n; left /= 10n) power++;
  return `${left}e${power}`;
}
