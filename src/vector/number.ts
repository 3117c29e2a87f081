/** Numbers to and from text: untyped fields, CAST of strings, Java's text of a double. */
import { Decimal } from './decimal.ts';

/** The text of a field as a number: NULL where it is blank, undefined where it is no number. */
export type FieldNumber = bigint | Decimal | number | null | undefined;

/**
 * Reads an untyped field with the typing of literals: digits are an integer (a decimal beyond 64 bits), a point makes a
 * decimal, an exponent a float. Blanks around it do not count.
 */
export function readField(text: string): FieldNumber {
  if (short_digits.test(text)) return BigInt(Number(text));
  const number = trimBlanks(text);
  if (number === '') return null;
  const match = field_grammar.exec(number);
  if (match === null) return undefined;
  const [, point, exponent] = match;
  if (exponent !== undefined) return Number(number);
  // why: an exponent is the only part that can take a decimal out of its range, and there is none.
  if (point !== undefined) return Decimal.parse(number) as Decimal;
  if (number.length <= 18) return BigInt(number);
  const value = toInt64(number);
  return value ?? (Decimal.parse(number) as Decimal);
}

/**
 * CAST of a string to INT: optional sign, decimal digits or `0x1F` or `0b101`, `_` between digits, no blanks.
 * Undefined for other text, null beyond 64 bits.
 */
export function readInt(text: string): bigint | null | undefined {
  return int_grammar.test(text) ? toInt64(text.replaceAll('_', '')) : undefined;
}

/** CAST of a string to FLOAT: the grammar of Java's Double.parseDouble, rounded correctly; undefined for other text. */
export function readFloat(text: string): number | undefined {
  const trimmed = trimBlanks(text);
  if (float_grammar.test(trimmed)) return Number(trimmed.replace(/[fFdD]$/, ''));
  const match = hex_float_grammar.exec(trimmed);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const magnitude = hexFloat(whole + fraction, Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -magnitude : magnitude;
}

/** CAST of a string to DECIMAL: digits with point and exponent, blanks around them; null for other text. */
export function readDecimal(text: string): Decimal | null {
  return Decimal.parse(trimBlanks(text));
}

/**
 * The text of a double as Java prints it, with the fewest digits that read back as the same value: at least one digit
 * after the point, an exponent below 1E-3 and from 1E7 on.
 */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`;
}

/** What most fields are, and what a double holds exactly. */
const short_digits = /^-?\d{1,15}$/;
const field_grammar = /^[+-]?(?=\.?\d)\d*(\.\d*)?([eE][+-]?\d+)?$/;
const int_grammar = /^[+-]?(?:0[xX][\da-fA-F]+(?:_[\da-fA-F]+)*|0[bB][01]+(?:_[01]+)*|\d+(?:_\d+)*)$/;
const float_grammar = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/;
const hex_float_grammar = /^([+-])?0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d+)[fFdD]?$/;

/** Java's String.trim: everything up to U+0020 is a blank. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

/** Null beyond 64 bits. `text` is known to be an integer. */
function toInt64(text: string): bigint | null {
  const match = /^([+-]?)(0[xXbB])?0*(.*)$/.exec(text);
  const [, sign, prefix = '', digits = ''] = match ?? [];
  // why: 64 binary digits are the longest that can fit; no BigInt of a megabyte of digits.
  if (digits.length > 64) return null;
  const magnitude = BigInt(`${prefix}${digits === '' ? '0' : digits}`);
  const value = sign === '-' ? -magnitude : magnitude;
  return BigInt.asIntN(64, value) === value ? value : null;
}

/** `digits` (hexadecimal) times 2 ** `exponent`, to the nearest double. */
function hexFloat(digits: string, exponent: number): number {
  const significant = digits.replace(/^0+/, '');
  if (significant === '') return 0;
  const kept = significant.slice(0, 16);
  const more = /[^0]/.test(significant.slice(16));
  // why: one digit more than can count, with a bit that says whether anything follows it, makes ties exact.
  const mantissa = BigInt(`0x${kept}${more ? '1' : '0'}`);
  const scale = exponent + 4 * (significant.length - kept.length - 1);
  const bits = mantissa.toString(2).length;
  const room = Math.min(53, bits + scale + 1074);
  if (room < 0) return 0;
  const dropped = BigInt(Math.max(0, bits - room));
  const half = dropped === 0n ? 0n : 1n << (dropped - 1n);
  let rounded = mantissa >> dropped;
  const rest = mantissa - (rounded << dropped);
  if (dropped > 0n && (rest > half || (rest === half && (rounded & 1n) === 1n))) rounded++;
  const power = scale + Number(dropped);
  if (power > 1024) return Infinity;
  const step = Math.trunc(power / 2);
  return Number(rounded) * 2 ** step * 2 ** (power - step);
}
