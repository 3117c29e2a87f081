/** The text of literals to values: numbers, quoted text, Ion text in back-ticks. */
import { SelectError } from '../base/errors.ts';
import { Decimal } from '../vector/decimal.ts';
import { Timestamp } from '../vector/timestamp.ts';
import type { Literal } from '../vector/value.ts';
import type { Position } from './ast.ts';

const int64_max = 2n ** 63n - 1n;

/** How literals are written, for the documents. */
export const literalForms: readonly { readonly form: string; readonly doc: string; readonly examples: readonly string[] }[] = [
  { form: 'Digits', doc: 'INT; DECIMAL where it is beyond 64 bits.', examples: ['42', '9223372036854775808'] },
  { form: 'Digits with a point', doc: 'DECIMAL, rounded to 38 digits.', examples: ['2.50', '.5', '1.'] },
  { form: 'Digits with an exponent', doc: 'FLOAT.', examples: ['1e3', '1.5E-3'] },
  {
    form: 'Single quotes',
    doc: 'STRING; a quote inside is written twice. A backslash before each of the two quotes is read too.',
    examples: ["'it''s'", "\\'text\\'"],
  },
  {
    form: 'Back-ticks',
    doc: 'A value of Ion: a timestamp, number, truth value or NULL; other words are STRING.',
    examples: ['`2021T`', '`2021-05-06`', '`2021-05-06T07:08Z`', '`1.5d2`', '`true`', '`north`'],
  },
  { form: 'TRUE, FALSE', doc: 'BOOL.', examples: ['TRUE'] },
  { form: 'NULL, MISSING', doc: 'No value, and no field.', examples: ['NULL', 'MISSING'] },
  { form: 'Brackets, or parentheses around two or more', doc: 'LIST.', examples: ["[1, 'a']", '(1, 2)'] },
];

/** Digits alone are INT (DECIMAL beyond 64 bits), with a point DECIMAL, with an exponent FLOAT. Raises NumberFormatError. */
export function numberLiteral(text: string, at: Position): Literal {
  if (/e/i.test(text)) return floatLiteral(text, at);
  if (text.includes('.')) return decimalLiteral(text, at);
  if (text.length <= 18) return { type: 'int', value: BigInt(text) };
  const digits = text.replace(/^0+(?=\d)/, '');
  const value = digits.length <= 19 ? BigInt(digits) : null;
  return value !== null && value <= int64_max ? { type: 'int', value } : decimalLiteral(digits, at);
}

/** The negative of a numeric literal; null for any other, and for the smallest INT, whose negative is beyond 64 bits. */
export function negated(literal: Literal): Literal | null {
  switch (literal.type) {
    case 'int':
      return literal.value === -int64_max - 1n ? null : { type: 'int', value: -literal.value };
    case 'float':
      return { type: 'float', value: -literal.value };
    case 'decimal': {
      // why: the digits of the smallest integer are beyond the largest one until the sign is seen
      if (literal.text === String(int64_max + 1n)) return { type: 'int', value: -int64_max - 1n };
      const text = literal.text.startsWith('-') ? literal.text.slice(1) : `-${literal.text}`;
      return { type: 'decimal', text };
    }
    default:
      return null;
  }
}

/** The text between quotes, doubled quotes made single. */
export function unquote(image: string, quote: string): string {
  const inner = image.slice(1, -1);
  return inner.includes(quote) ? inner.replaceAll(quote + quote, quote) : inner;
}

/** An Ion value: timestamp, number, boolean, null, symbol or string. Raises LexerInvalidIONLiteral. */
export function ionLiteral(source: string, at: Position): Literal {
  const text = source.trim();
  if (/^-?(?:0|[1-9]\d*)$/.test(text)) return signed(text, at, (digits) => numberLiteral(digits, at));
  if (/^-?(?:0|[1-9]\d*)(?:\.\d*)?e[+-]?\d+$/i.test(text)) return signed(text, at, (digits) => floatLiteral(digits, at));
  if (/^-?(?:0|[1-9]\d*)(?:\.\d*)?(?:d[+-]?\d{1,10})?$/i.test(text)) {
    return signed(text, at, (digits) => decimalLiteral(digits.replace(/d/i, 'e'), at));
  }
  if (Timestamp.parse(text) !== null) return { type: 'timestamp', text };
  if (text === 'true' || text === 'false') return { type: 'bool', value: text === 'true' };
  if (text === 'null' || text === 'null.null') return { type: 'null' };
  if (/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(text)) return { type: 'string', text };
  if (/^'[^'\\]*'$|^"[^"\\]*"$/.test(text)) return { type: 'string', text: text.slice(1, -1) };
  throw new SelectError('LexerInvalidIONLiteral', { found: abbreviated(source), ...at });
}

/** Text of a stranger's length made fit for a message. */
export function abbreviated(text: string): string {
  return text.length > 64 ? `${text.slice(0, 60)}…` : text;
}

/** Unscaled digits and exponent of a decimal's text, as Ion prints them: `.5` is `5d-1`. */
export function ionDecimalText(text: string): string {
  const [integer = '', fraction = ''] = text.split('.');
  const digits = `${integer}${fraction}`.replace(/^0+(?=\d)/, '');
  return `${digits}d${fraction.length === 0 ? '0' : `-${fraction.length}`}`;
}

function signed(text: string, at: Position, read: (digits: string) => Literal): Literal {
  if (!text.startsWith('-')) return read(text);
  const literal = negated(read(text.slice(1)));
  if (literal === null) throw new SelectError('LexerInvalidIONLiteral', { found: abbreviated(text), ...at });
  return literal;
}

function floatLiteral(text: string, at: Position): Literal {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new SelectError('NumberFormatError', { value: abbreviated(text), ...at });
  return { type: 'float', value };
}

function decimalLiteral(text: string, at: Position): Literal {
  const value = Decimal.parse(text);
  if (value === null) throw new SelectError('NumberFormatError', { value: abbreviated(text), ...at });
  return { type: 'decimal', text: value.toText() };
}
